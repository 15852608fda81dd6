"""Where the demo's data lies, and whether it is the only data here. No Django is needed to know."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def demo_var() -> Path:
    return ROOT / "var" / "demo"


def is_only_data() -> bool:
    """Return whether a demo has been started here, and nothing else has been set up."""
    return _has_tables(demo_var() / "tongxin.sqlite3") and not _has_tables(
        ROOT / "var" / "tongxin.sqlite3"
    )


def _has_tables(file: Path) -> bool:
    if not file.exists():
        return False
    try:
        db = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
        with_tables = "SELECT 1 FROM sqlite_master WHERE name = 'accounts_user'"
        return db.execute(with_tables).fetchone() is not None
    except sqlite3.Error:
        return False


def use_demo_var(folder: Path | None = None) -> Path:
    """Point the settings, not yet loaded, at the demo's folder; a folder already named wins."""
    chosen = Path(os.environ.get("TONGXIN_VAR") or folder or demo_var()).resolve()
    os.environ["TONGXIN_VAR"] = str(chosen)
    return chosen
