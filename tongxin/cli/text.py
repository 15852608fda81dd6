"""`tongxin text …`: the work of the text assistant on any CSV or XLSX, without a database."""

from __future__ import annotations

import click

from . import text_matters, text_topics
from .frame import Commands


@click.group(cls=Commands)
def text() -> None:
    """对任何 CSV 或 XLSX 里的文字：训练、分类、找热点、找重复。"""


for command in (*text_topics.COMMANDS, *text_matters.COMMANDS):
    text.add_command(command)

COMMANDS = (text,)
