"""CPU of process trees, read from /proc; and the processes a measurement needs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
START_SECONDS = 60


def cpu_seconds(*roots: int) -> float:
    """Return the CPU seconds used so far by processes and all their children, ended ones included."""
    children: dict[int, list[int]] = {}
    used: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        pid = int(entry.name)
        children.setdefault(int(fields[1]), []).append(pid)
        used[pid] = sum(map(int, fields[11:15])) / TICK  # utime stime cutime cstime
    total, stack = 0.0, list(roots)
    while stack:
        pid = stack.pop()
        total += used.get(pid, 0.0)
        stack += children.get(pid, [])
    return total


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def web_server(environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Run the real server as `tongxin serve` starts it; yield its (pid, port)."""
    port = free_port()
    command = [sys.executable, "-m", "tongxin.cli", "serve", "--port", str(port)]
    server = subprocess.Popen(  # noqa: S603
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(server, port)
        yield server.pid, port
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(server: subprocess.Popen, port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/catalogue", timeout=5):  # noqa: S310
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the server did not answer")
