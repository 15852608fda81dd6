"""The floor: the same lifecycle in raw SQL, six transactions of two prepared statements."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from .processes import cpu_seconds

TABLES = """
CREATE TABLE raw_case (id bigint PRIMARY KEY, step varchar(20), area varchar(40), title text,
                       holder bigint, due_at double precision);
CREATE TABLE raw_event (case_id bigint, seq integer, name varchar(20), at double precision,
                        hash varchar(64), PRIMARY KEY (case_id, seq));
CREATE INDEX raw_open ON raw_case (area, due_at);
"""
MOVES = ("dispatched", "accepted", "done", "verified", "closed")


def lifecycle_postgres(url: str, *, lifecycles: int, database_pid: int | None) -> float:
    """Return CPU ms per lifecycle of the PostgreSQL processes alone."""
    import psycopg

    with psycopg.connect(url.replace("postgres://", "postgresql://"), autocommit=True) as db:
        db.execute("DROP TABLE IF EXISTS raw_case, raw_event")
        for statement in TABLES.split(";")[:-1]:
            db.execute(statement)
        db.prepare_threshold = 1
        before = _server_cpu(db, database_pid)
        for n in range(lifecycles):
            with db.transaction():
                db.execute(
                    "INSERT INTO raw_case VALUES (%s,'filed','1201/16/001/',%s,NULL,%s)",
                    [n, "灯", time.time()],
                )
                db.execute(
                    "INSERT INTO raw_event VALUES (%s,1,'open',%s,%s)", [n, time.time(), "0" * 64]
                )
            for seq, step in enumerate(MOVES, start=2):
                with db.transaction():
                    db.execute("UPDATE raw_case SET step=%s WHERE id=%s", [step, n])
                    db.execute(
                        "INSERT INTO raw_event VALUES (%s,%s,%s,%s,%s)",
                        [n, seq, step, time.time(), "0" * 64],
                    )
        used = _server_cpu(db, database_pid) - before
        db.execute("DROP TABLE raw_case, raw_event")
    return 1000 * used / lifecycles


def _server_cpu(db: Any, database_pid: int | None) -> float:
    if database_pid is not None:
        return cpu_seconds(database_pid)
    return cpu_seconds(db.info.backend_pid)  # a server on this machine that we did not start


def lifecycle_sqlite(path: Path, *, lifecycles: int) -> float:
    """Return CPU ms per lifecycle, driver included, of a WAL database with synchronous=NORMAL."""
    path.unlink(missing_ok=True)
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + TABLES)
    before = cpu_seconds(os.getpid())
    for n in range(lifecycles):
        db.execute("BEGIN IMMEDIATE")
        db.execute(
            "INSERT INTO raw_case VALUES (?,'filed','1201/16/001/',?,NULL,?)",
            [n, "灯", time.time()],
        )
        db.execute("INSERT INTO raw_event VALUES (?,1,'open',?,?)", [n, time.time(), "0" * 64])
        db.execute("COMMIT")
        for seq, step in enumerate(MOVES, start=2):
            db.execute("BEGIN IMMEDIATE")
            db.execute("UPDATE raw_case SET step=? WHERE id=?", [step, n])
            db.execute(
                "INSERT INTO raw_event VALUES (?,?,?,?,?)", [n, seq, step, time.time(), "0" * 64]
            )
            db.execute("COMMIT")
    used = cpu_seconds(os.getpid()) - before
    db.close()
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return 1000 * used / lifecycles
