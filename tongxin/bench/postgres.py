"""A throw-away PostgreSQL cluster of this machine's own binaries: for measurements and for tests."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from .processes import free_port

ORDINARY_USER = "nobody"  # PostgreSQL refuses to run as root


class NoPostgresError(RuntimeError):
    """No PostgreSQL server is installed on this machine."""


@dataclass(frozen=True)
class Cluster:
    url: str
    pid: int  # of the postmaster: parent of all its processes


def binaries() -> Path:
    """Return the folder of the newest installed PostgreSQL.

    :raises NoPostgresError: if there is none
    """
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3])
    )
    if found:
        return found[-1].parent
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    raise NoPostgresError("没有找到 PostgreSQL。请安装 postgresql 后再试。")


@contextmanager
def cluster(*, durable: bool, autovacuum: bool = True) -> Iterator[Cluster]:
    """Start a cluster in a temporary folder, and remove it in the end.

    `durable` keeps fsync and synchronous_commit on, as production does; tests do without. They do
    without `autovacuum` too: a test is one long transaction, who counts its tables from outside
    finds them empty, and every plan made after that is for empty tables.
    """
    bin_dir, port = binaries(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="tongxin-pg-"))
    data = folder / "data"
    if os.geteuid() == 0:
        nobody = pwd.getpwnam(ORDINARY_USER)
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    settings = [f"port={port}", "listen_addresses=127.0.0.1", "max_connections=200"]
    settings += [f"unix_socket_directories={folder}", "shared_buffers=512MB"]
    if not durable:
        settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
    if not autovacuum:
        settings += ["autovacuum=off"]
    options = " ".join(f"-c {setting}" for setting in settings)
    _run([bin_dir / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
          "--locale=C.UTF-8", "--no-sync"], folder)  # fmt: skip
    _run(
        [bin_dir / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"], folder
    )
    try:
        pid = int((data / "postmaster.pid").read_text().split()[0])
        # By the socket, as a server on the same machine is best reached: a tenth less CPU a trip.
        yield Cluster(f"postgres://postgres@{quote(str(folder), safe='')}:{port}/tongxin", pid)
    finally:
        _run([bin_dir / "pg_ctl", "-D", data, "-m", "immediate", "stop"], folder)
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list, folder: Path) -> None:
    """Run a program of PostgreSQL's, as an ordinary user where we are root."""
    if os.geteuid() == 0:
        group = str(pwd.getpwnam(ORDINARY_USER).pw_gid)
        command = [
            "setpriv",
            f"--reuid={ORDINARY_USER}",
            f"--regid={group}",
            "--clear-groups",
            *command,
        ]
    subprocess.run(  # noqa: S603
        [str(part) for part in command], cwd=folder, check=True, env={"HOME": str(folder), "PATH": os.environ["PATH"]},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def create_database(url: str) -> None:
    """Create the database a URL names, with the C.UTF-8 collation."""
    import psycopg

    server, _, name = url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as db:
        db.execute(
            f'CREATE DATABASE "{name}" TEMPLATE template0 LC_COLLATE "C.UTF-8" LC_CTYPE "C.UTF-8"'
        )
