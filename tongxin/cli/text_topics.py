"""`tongxin text train` and `classify`."""

import click

COMMANDS: tuple[click.Command, ...] = ()
