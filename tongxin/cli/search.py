"""`tongxin search …`: the index of the full-text search."""

from __future__ import annotations

import click

from .frame import Commands, boot, need_tables, progress


@click.group(cls=Commands)
def search() -> None:
    """全文检索：重新编入、看落后多少。"""


@search.command()
def rebuild() -> None:
    """把所有办件和文件与检索逐条核对，缺的补上、不同的改正。检索和后台进程照常，随时可以重跑。"""
    boot(or_demo=True)
    need_tables()
    from django.utils.timezone import now

    from tongxin.searching.actions import rebuild as rebuild_all

    with progress("编入检索") as move_to:
        written = rebuild_all(
            at=now(), progress=lambda kind, done, total: move_to(done, total, f"编入检索 · {kind}")
        )
    click.echo(f"✓ 写入 {written} 条")


@search.command()
def status() -> None:
    """检索编入了多少条，落后多少条记录。"""
    boot(or_demo=True)
    need_tables()
    from tongxin.searching.queries import lag, standing

    for label, count in standing():
        click.echo(f"{count:>10}  {label}")
    behind = lag()
    since = f"，最早的是 {behind.since:%Y-%m-%d %H:%M:%S} UTC" if behind.since else ""
    click.echo(f"{behind.waiting:>10}  条新记录等待编入{since}")


COMMANDS = (search,)
