"""Questions and answers of tasks in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _


def in_words(item: dict[str, Any], value: Any) -> str:
    """Return an answer as people read it; "—" for none."""
    if value in (None, ""):
        return "—"
    if item["kind"] == "yes_no":
        return _("是") if value else _("否")
    return f"{value} {item.get('unit', '')}".strip()
