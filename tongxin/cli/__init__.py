"""`tongxin`: the one command line. Here are words and options; the work is done in the apps.

Nothing of Django is imported before a command runs, so that `--help` is quick and a command may
choose where the data lies first.
"""

from __future__ import annotations

import os
from pathlib import Path

import click

from . import checks, data, people, running, search, simulating, text
from .frame import HELP, Commands


@click.group(cls=Commands, context_settings=HELP)
@click.option(
    "--var", type=click.Path(path_type=Path), help="数据目录（默认 var，或环境变量 TONGXIN_VAR）。"
)
@click.version_option(package_name="tongxin", message="同心 %(version)s")
def main(var: Path | None) -> None:
    """同心：点单、派单、接单、验单、评单。每个命令都有 --help。"""
    if var is not None:
        os.environ["TONGXIN_VAR"] = str(var.resolve())


for command in (
    *running.COMMANDS,
    *data.COMMANDS,
    *people.COMMANDS,
    *checks.COMMANDS,
    *simulating.COMMANDS,
    *search.COMMANDS,
    *text.COMMANDS,
):
    main.add_command(command)
