"""An office that can write: He drafts, Lu checks, Bo signs for the district's supervision."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from tongxin.documents import actions
from tongxin.orgs.models import Org
from tongxin.testing import NOON

DUE = date(2026, 3, 20)
BODY = "经查，发现以下问题。\n# 主要问题\n## 公示不及时。党费收缴未公示。\n请于期限前书面回复。"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


class Office:
    """The unit that writes, its people, and a letter as far as a test needs it."""

    def __init__(self, world) -> None:
        self.world = world
        self.org = Org.objects.create(name="滨海新区纪委监委", kind="party", region=world.tong, unit_kind="committee")  # fmt: skip
        self.drafter = world.person("hao", "郝宁", self.org, "inspector")
        self.checker = world.person("lu", "陆远", self.org, "officer")
        self.leader = world.person("bo", "薄文", self.org, "leader")
        self.register = None

    def letter(self, **more):
        given = {
            "kind": "advice_letter", "org": self.org, "title": "关于党务公开问题的建议书",
            "recipients": [self.world.roads, (self.world.water, "copy")],
            "context": {"body": BODY}, "reply_by": DUE, "by": self.drafter, "at": NOON,
        }  # fmt: skip
        return actions.draft(**given | more)

    def signed(self, **more):
        made = self.letter(**more)
        actions.submit(made, by=self.drafter, at=NOON)
        actions.review(made, by=self.checker, at=NOON)
        return actions.sign(made, by=self.leader, at=NOON)

    def issued(self, **more):
        if self.register is None:
            self.register = actions.open_register(
                org=self.org, prefix="津滨纪监", by=self.drafter, at=NOON
            )
        return actions.issue(self.signed(**more), by=self.drafter, at=NOON)

    @staticmethod
    def recipient(document, n: int = 0):
        return document.recipients.order_by("order")[n]


@pytest.fixture
def office(world) -> Office:
    return Office(world)


@pytest.fixture
def quick(monkeypatch):
    """Do without printing, where a test is about the way and not about the paper."""
    from tongxin.documents.actions import files

    monkeypatch.setattr(files, "docx_of", lambda sheet, at: b"docx")
    monkeypatch.setattr(files, "pdf_of", lambda sheet: (b"%PDF-", {}))
    return SimpleNamespace()
