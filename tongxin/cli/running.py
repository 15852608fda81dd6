"""`tongxin demo`, `setup`, `serve`, `work`, and the door to Django's own commands."""

from __future__ import annotations

import os
import signal
import sys

import click

from .frame import boot, need_tables
from .people import create_user


@click.command()
@click.option("--port", default=8000, show_default=True, help="网页端口。")
@click.option(
    "--messages", default=180, show_default=True, help="重放多少条真实留言（有数据文件时）。"
)
@click.option("--no-worker", is_flag=True, help="不启动后台进程（时钟、通知）。")
def demo(port: int, messages: int, no_worker: bool) -> None:
    """启动演示：滨海新区的街镇、社区和居民，重放过的点单，一键进入各种角色。"""
    from tongxin.demo.serving import run_demo

    sys.exit(run_demo(port=port, messages=messages, with_worker=not no_worker))


@click.command()
@click.option("--admin", help="第一个管理员的用户名；不写则询问，已有管理员时跳过。")
@click.option(
    "--password",
    envvar="TONGXIN_ADMIN_PASSWORD",
    help="管理员密码（默认读 TONGXIN_ADMIN_PASSWORD，或询问）。",
)
@click.option("--no-admin", is_flag=True, help="不创建管理员。")
def setup(admin: str | None, password: str | None, no_admin: bool) -> None:
    """建库、收集静态文件、创建第一个管理员。可以反复运行。"""
    boot()
    from django.core.management import call_command
    from django.utils.timezone import now

    from tongxin.accounts.models import User
    from tongxin.alliances.actions import load_samples as load_alliances
    from tongxin.cases.models import Topic
    from tongxin.conferences.actions import load_rules as load_conferences
    from tongxin.fieldwork.actions import load_samples
    from tongxin.findings.actions import load_kinds
    from tongxin.meetings.actions import load_rules
    from tongxin.orgs.actions import load_unit_rules, place_orgs
    from tongxin.portal.installing import make_tables
    from tongxin.regions.models import Region
    from tongxin.texts.actions import make_sample
    from tongxin.ui.assets import DIST

    make_tables()
    place_orgs()
    at = now()
    load_rules(at=at, by=None)
    load_alliances()
    load_conferences()
    load_unit_rules()
    load_kinds()
    load_samples(at=at)
    click.echo("✓ 数据库已是最新")
    if (sample := make_sample(at=at)) is not None:
        click.echo(f"✓ 文本助手的样例模型已训练（{sample.n} 条示例文本）")
    if not DIST.exists():
        raise click.ClickException("前端资源还没有构建。请先运行：make assets")
    call_command("collectstatic", interactive=False, verbosity=0)
    click.echo("✓ 静态文件已收集")
    if not no_admin and not User.objects.filter(is_superuser=True).exists():
        admin = admin or click.prompt("管理员用户名", default="admin")
        password = password or click.prompt("密码", hide_input=True, confirmation_prompt="再输一遍")
        create_user(admin, "系统管理员", password, is_superuser=True)
    for what, command in ((Topic, "tongxin import catalogue"), (Region, "tongxin import regions")):
        if not what.objects.exists():
            click.echo(f"下一步：{command}")
    click.echo("启动：tongxin serve（网页）和 tongxin work（后台）")


def end_with_parent() -> None:
    """As a child of the demo, stop when the demo is killed: nothing is left to hold its port."""
    if os.environ.get("TONGXIN_CHILD") and sys.platform == "linux":
        import ctypes

        set_death_signal = 1  # PR_SET_PDEATHSIG, prctl(2)
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGTERM)


@click.command()
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="监听地址；对外服务用 0.0.0.0，并设 TONGXIN_HOSTS。",
)
@click.option("--port", default=8000, show_default=True, help="端口。")
@click.option(
    "--workers", default=None, type=click.IntRange(1, 64), help="进程数（默认：处理器个数）。"
)
@click.option("--threads", default=4, show_default=True, help="每个进程的线程数。")
def serve(host: str, port: int, workers: int | None, threads: int) -> None:
    """启动网页服务（不改动数据库；首次请先 tongxin setup）。"""
    end_with_parent()
    boot()
    need_tables()
    from django.db import connections
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    connections.close_all()
    Granian(
        "tongxin.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers or os.cpu_count() or 1,
        blocking_threads=threads,
        log_access=False,
        log_level=LogLevels(os.environ.get("TONGXIN_LOG", "INFO").lower()),
        websockets=False,
        workers_kill_timeout=5,  # seconds; a page that hangs must not keep the port
    ).serve()


@click.command()
@click.option("--once", is_flag=True, help="做完眼下到期的事就退出。")
@click.option(
    "--interval", default=1.0, show_default=True, help="两轮之间的秒数；空闲时放慢到 5 倍。"
)
def work(once: bool, interval: float) -> None:
    """后台进程：时钟、通知、统计、外发、清理。可以同时运行多个。"""
    end_with_parent()
    boot()
    need_tables()
    from django.utils.timezone import now

    from tongxin.portal.worker import Worker

    worker = Worker(clock=now, interval=interval)
    if once:
        click.echo(f"✓ 处理了 {worker.run_dry()} 件事")
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: worker.stop.set())
    worker.run()


@click.command("django", context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run_django(arguments: tuple[str, ...]) -> None:
    """Django 的管理命令，如 tongxin django migrate、makemigrations、shell。"""
    boot()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["tongxin django", *arguments])


COMMANDS = (demo, setup, serve, work, run_django)
