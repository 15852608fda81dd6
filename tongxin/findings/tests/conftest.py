"""The cast of findings: an inspector of the district, pictures, a finding to begin with."""

from __future__ import annotations

import io
from datetime import timedelta
from itertools import count

import pytest
from PIL import Image

from tongxin.accounts.models import User
from tongxin.cases.actions import make_move
from tongxin.cases.actions.evidence import prepare_evidence
from tongxin.cases.models import Case
from tongxin.findings.actions import load_kinds, record_finding
from tongxin.findings.models import Finding
from tongxin.photos.actions import keep_photo
from tongxin.testing import NOON

_shades = count()


def picture() -> bytes:
    """Return a small photo, each of another shade."""
    n = next(_shades)
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (n % 256, n // 256 % 256, 90)).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture
def shot():
    """Keep a photo of somebody: `shot(world.mei)`."""
    return lambda by, at=NOON: keep_photo(data=picture(), by=by, at=at)


@pytest.fixture
def cast(world):
    """The world with kinds and Shen, who inspects for the district; a user afresh by `again`."""
    load_kinds()
    world.shen = world.person("shen", "沈明", world.district_office, "inspector")
    world.lin = world.person("lin", "林海", world.roads, "handler")
    return world


def again(user: User) -> User:
    """Return the user as the next request sees them: posts are kept on the object."""
    return User.objects.get(pk=user.pk)


@pytest.fixture
def record(cast):
    def make(text="3号楼消防通道堆放杂物", **given) -> Finding:
        given = {
            "region": cast.pine, "kind": "F11", "by": cast.shen, "at": NOON, "found_at": NOON,
            "units": [(cast.roads, "", "main"), (cast.water, "", "regulator")],
        } | given  # fmt: skip
        return record_finding(text=text, **given)

    return make


@pytest.fixture
def walk(cast):
    """Walk a rectification through its steps: `walk(case, "accept plan carry_out")`."""

    def step(case: Case, moves: str, *, at=NOON, who=None, **given):
        people = {"accept": cast.li, "plan": cast.li, "carry_out": cast.li, "recheck": cast.shen,
                  "write_off": cast.shen, "redo": cast.shen}  # fmt: skip
        events = []
        for n, name in enumerate(moves.split()):
            actor = again(who or people[name])
            extra = dict(given)
            if name == "plan":
                extra |= {"cause": "人手不足", "plan": "增加一人每日清理"}
            if name in ("carry_out", "recheck", "redo"):
                extra.setdefault("note", "已清理完毕")
            if name == "carry_out":
                extra["evidence"] = [
                    prepare_evidence(data=picture(), kind="photo", actor=actor, at=at)
                ]
            moment = at + timedelta(minutes=10 * (n + 1))
            events.append(make_move(case, name, at=moment, actor=actor, **extra))
        return events

    return step
