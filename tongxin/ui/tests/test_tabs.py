"""The row of views over an app's pages."""

from __future__ import annotations

from tongxin.ui.tabs import app_tabs

VIEWS = (("home", "重点任务"), ("targets", "目标分解"), ("points", "包抓联系"))


def test_one_view_is_the_one_shown_and_what_is_no_use_is_not_there():
    row = app_tabs(
        "projects", VIEWS, "targets", hidden={"points"}, counts={"home": 3, "targets": 0}
    )
    assert [(one["label"], one["active"], one["count"]) for one in row] == [
        ("重点任务", False, 3), ("目标分解", True, None),
    ]  # fmt: skip
    assert row[1]["url"] == "/projects/targets/"


def test_what_the_address_needs_is_put_into_it():
    row = app_tabs(
        "renovation", (("wall", "挂图"),), "", args=(7,), words={"wall": "?level=street"}
    )
    assert row[0]["url"].endswith("/7/wall/?level=street")
