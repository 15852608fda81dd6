"""`tongxin text hot` and `duplicates`."""

import click

COMMANDS: tuple[click.Command, ...] = ()
