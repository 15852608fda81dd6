"""What every command shares: how it starts, shows progress, and says no."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from tongxin.kit.errors import Refused

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def say_refused(error: Refused) -> None:
    click.secho(f"✗ {error.message}", fg="red", err=True)
    if error.remedy:
        click.echo(f"  {error.remedy}", err=True)


def wrong_usage(error: click.UsageError) -> str:
    """Say in Chinese what click found wrong on the command line."""
    if isinstance(error, click.NoSuchOption):
        return f"没有选项 {error.option_name}"
    if isinstance(error, click.MissingParameter):
        return f"缺少 {error.param.get_error_hint(error.ctx) if error.param else ''}"
    if isinstance(error, click.BadParameter):
        hint = error.param.get_error_hint(error.ctx) if error.param else ""
        return f"{hint} 的值不对：{error.message}"
    if (
        error.ctx
        and isinstance(error.ctx.command, click.Group)
        and "No such command" in error.message
    ):
        return f"没有这个命令：{error.message.split(maxsplit=3)[-1]}"
    return error.message


class Commands(click.Group):
    """A group that says what is wrong in a sentence, without a traceback."""

    def main(self, *args: Any, standalone_mode: bool = True, **kwargs: Any) -> Any:
        try:
            result: Any = super().main(*args, standalone_mode=False, **kwargs)  # type: ignore[call-overload]
        except click.UsageError as error:
            click.secho(f"✗ {wrong_usage(error)}", fg="red", err=True)
            if error.ctx:
                click.echo(f"  用法见：{error.ctx.command_path} --help", err=True)
            sys.exit(2)
        except click.ClickException as error:
            click.secho(f"✗ {error.format_message()}", fg="red", err=True)
            sys.exit(error.exit_code)
        except Refused as error:
            say_refused(error)
            sys.exit(1)
        except (click.Abort, KeyboardInterrupt):
            click.echo("已中断", err=True)
            sys.exit(130)
        if standalone_mode:
            sys.exit(result if isinstance(result, int) else 0)
        return result


def boot(*, or_demo: bool = False) -> None:
    """Start Django. With `or_demo`, use the demo's data where no other has been set up."""
    if or_demo and not {"TONGXIN_VAR", "DATABASE_URL"} & set(os.environ):
        from tongxin.demo.place import demo_var, is_only_data

        if is_only_data():
            os.environ["TONGXIN_VAR"] = str(demo_var())
            click.secho(f"（使用演示数据 {demo_var()}）", fg="bright_black", err=True)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongxin.settings")
    import django

    django.setup()


def need_tables() -> None:
    """Leave with a sentence if the database is not there or not up to date."""
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise click.ClickException(f"连不上数据库：{error}") from None
    if behind:
        raise click.ClickException("数据库还没有建好，或不是最新的。请先运行：tongxin setup")


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[..., None]]:
    """Show a progress bar on stderr; yield what moves it to a number of things done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=total)

        def move_to(done: int, total: int | None = total, what: str = what) -> None:
            bar.update(task, completed=done, total=total, description=what)

        yield move_to
