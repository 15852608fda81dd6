"""`tongxin demo`: seed what is missing, start the server and a worker, say when it serves."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.error import HTTPError
from urllib.request import urlopen

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from .place import use_demo_var

HOST = "127.0.0.1"
START_SECONDS, STOP_SECONDS = 180, 12


class DemoStopped(click.ClickException):
    """The demo cannot go on; the sentence says why and what to do."""


def run_demo(*, port: int, messages: int, with_worker: bool) -> int:
    """Run the demo until it is told to stop; return the exit code."""
    refuse_taken(port)
    folder = use_demo_var()
    address = f"http://{HOST}:{port}/"
    os.environ |= {"TONGXIN_DEMO": "1", "TONGXIN_URL": address.rstrip("/")}
    os.environ.setdefault("TONGXIN_LOG", "WARNING")
    click.echo(f"数据目录 {folder}（删掉它就从头再来）", err=True)
    prepare(messages)
    with children([server(port), *([worker()] if with_worker else [])]) as running:
        wait_until_it_serves(address, running)
        say_how_to_enter()
        click.echo(f"READY {address}")
        return watch(running)


def refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise DemoStopped(
                f"端口 {port} 已被占用，请换一个：make demo PORT={port + 1}"
            ) from None
        except OverflowError:
            raise DemoStopped(f"{port} 不是端口号，应在 1 到 65535 之间") from None


def prepare(messages: int) -> None:
    """Start Django, bring the tables up to date, seed what is missing."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongxin.settings")
    django.setup()
    from django.db import connections
    from django.utils.timezone import now

    from tongxin.portal.installing import make_tables
    from tongxin.ui.assets import DIST

    from .letters import hot_file
    from .seeding import Size, seed

    if not (DIST / "manifest.json").exists():
        raise DemoStopped("前端资源还没有构建。请运行：make demo（或先 make assets）")
    make_tables()
    with seeding_bar() as say:
        made = seed(at=now(), size=replace(Size(), real=messages), progress=say)
    if made:
        click.echo(f"✓ 已准备：{'、'.join(made)}", err=True)
    if "点单和流转" in made and hot_file().exists():
        click.echo(
            "  其中的真实留言来自外地，地名已隐去：时间整周平移，地点固定对应到滨海新区各社区",
            err=True,
        )
    connections.close_all()


@contextmanager
def seeding_bar():
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("检查数据", total=None)
        yield lambda what, done, total: bar.update(
            task, description=what, completed=done, total=total or None
        )


def server(port: int) -> list[str]:
    return ["serve", "--host", HOST, "--port", str(port), "--workers", "2"]


def worker() -> list[str]:
    return ["work"]


@contextmanager
def children(commands: list[list[str]]) -> Iterator[list[subprocess.Popen]]:
    """Run commands of ours beside us, and stop them at the end, whatever the end is."""
    signal.signal(signal.SIGTERM, _interrupt)
    running = [
        # Groups of their own: the last resort takes a server's workers as well.
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "tongxin.cli", *command],
            env={**os.environ, "TONGXIN_CHILD": "1"},
            start_new_session=True,
        )
        for command in commands
    ]
    try:
        yield running
    finally:
        stop(running)


def _interrupt(*_args) -> None:
    raise KeyboardInterrupt


def stop(running: list[subprocess.Popen]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # we are stopping already
    for process in running:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in running:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until_it_serves(address: str, running: list[subprocess.Popen]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        fail_if_ended(running)
        if answers(address):
            return
        time.sleep(0.1)
    raise DemoStopped(f"网页服务 {START_SECONDS} 秒内没有启动，请看上面的日志")


def answers(address: str) -> bool:
    """Return whether the first page comes, whole and without a server error."""
    try:
        with urlopen(address, timeout=10) as page:  # noqa: S310
            return bool(page.read())
    except HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def fail_if_ended(running: list[subprocess.Popen]) -> None:
    for process in running:
        if process.poll() is not None:
            what = "网页服务" if "serve" in process.args else "后台进程"  # type: ignore[operator]
            raise DemoStopped(f"{what}意外退出（{process.returncode}），请看上面的日志")


def watch(running: list[subprocess.Popen]) -> int:
    """Wait for somebody to stop us; a child that ends by itself is an error."""
    try:
        while True:
            fail_if_ended(running)
            threading.Event().wait(0.5)
    except KeyboardInterrupt:
        click.echo("演示已停止", err=True)
        return 0


def say_how_to_enter() -> None:
    from .cast import PASSWORD

    click.echo(
        "打开下面的地址，在“演示入口”里一键进入任何角色；也可用用户名登录："
        "resident volunteer dispatcher verifier handler grid_worker officer leader inspector admin，"
        f"密码 {PASSWORD}\nCtrl+C 停止",
        err=True,
    )
