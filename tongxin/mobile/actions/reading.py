"""What a phone sent, read: shapes and times only. What cannot be read is kept whole, and says why."""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid, Refused

MOST_PHOTOS = 20
DEEPEST = 12
KINDS = frozenset(
    "report order.move visit.begin visit.finish visit.note component.state checkin "
    "notice.agree notice.revoke duty.start duty.stop track".split()
)
SUBJECTS = {"order.move": "case", "visit.begin": "visit", "visit.finish": "visit", "visit.note": "visit"}  # fmt: skip


class Unreadable(Invalid):
    """An action whose parts are not what the protocol says."""


class UnknownKind(Invalid):
    """An action that this server does not know: the app is newer, or broken."""


@dataclass(frozen=True)
class Sent:
    """One action as it came. `trouble` says why it cannot be acted on; then `data` is all of it."""

    key: str
    print: str
    kind: str = ""
    claimed_at: datetime | None = None
    place: dict[str, Any] | None = None
    data: dict[str, Any] = field(default_factory=dict)
    photos: list[dict[str, Any]] = field(default_factory=list)
    based_on: int | None = None
    trouble: Refused | None = None

    @property
    def subject(self) -> str:
        """Return "case:…" or "visit:…", what the action is about; "" for what stands alone."""
        name = SUBJECTS.get(self.kind, "")
        return f"{name}:{self.data.get(name)}"[:50] if name and self.data.get(name) else ""


def read_action(raw: Any) -> Sent:
    """Read one action of a batch; never raises."""
    raw = storable(raw)
    stamp = sha256(orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)).hexdigest()
    key = f"junk:{stamp[:40]}"
    try:
        if not isinstance(raw, dict):
            raise Unreadable(_("这一条内容读不懂，已原样保存。"))
        key = str(_uuid(raw.get("id"), "id"))
        return _read(raw, key, stamp)
    except Refused as trouble:
        kind = str(raw.get("kind", ""))[:30] if isinstance(raw, dict) else ""
        return Sent(key=key, print=stamp, kind=kind, data={"raw": raw}, trouble=trouble)


def _read(raw: dict[str, Any], key: str, stamp: str) -> Sent:
    kind = raw.get("kind")
    if kind not in KINDS:
        raise UnknownKind(
            _("系统不认识这种操作，内容已保存。"),
            field="kind",
            remedy=_("请更新手机端后重新填写。"),
        )
    data = raw.get("data", {})
    if not isinstance(data, dict):
        raise Unreadable(_("这一条内容不完整，已原样保存。"), field="data")
    based_on = raw.get("based_on")
    if based_on is not None and (not isinstance(based_on, int) or not 0 <= based_on < 2**31):
        raise Unreadable(_("这一条内容不完整，已原样保存。"), field="based_on")
    return Sent(
        key=key,
        print=stamp,
        kind=kind,
        claimed_at=_moment(raw.get("at"), "at"),
        place=_place(raw.get("place")),
        data=data,
        photos=_photos(raw.get("photos")),
        based_on=based_on,
    )


def _uuid(value: Any, name: str) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise Unreadable(_("这一条没有可用的编号，已原样保存。"), field=name) from None


def _moment(value: Any, name: str) -> datetime:
    moment = moment_of(value)
    if moment is None:
        raise Unreadable(_("这一条没有可用的时间，已原样保存。"), field=name)
    return moment


def moment_of(value: Any) -> datetime | None:
    """Return an aware moment out of ISO 8601, or None."""
    try:
        found = datetime.fromisoformat(value)
        # Years at the ends of the calendar cannot be shown in every zone.
        return found if found.tzinfo and 1 < found.year < 9999 else None
    except (ValueError, TypeError):
        return None


def _place(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    if point := point_of(value):
        return point
    raise Unreadable(_("位置不完整，已原样保存。"), field="place")


def point_of(value: Any) -> dict[str, Any] | None:
    """Return {"lng", "lat", "accuracy"?, "at"?} in WGS-84 degrees and metres, or None."""
    if not isinstance(value, dict):
        return None
    lng, lat = _within(value.get("lng"), 180), _within(value.get("lat"), 90)
    if lng is None or lat is None:
        return None
    point: dict[str, Any] = {"lng": lng, "lat": lat}
    accuracy = _within(value.get("accuracy"), 1e6)
    if accuracy is not None and accuracy >= 0:
        point["accuracy"] = accuracy
    if moment := moment_of(value.get("at")):
        point["at"] = moment.isoformat()
    return point


def _within(value: Any, limit: float) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and -limit <= value <= limit else None


def _photos(value: Any) -> list[dict[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MOST_PHOTOS:
        raise Unreadable(_("一次最多 %d 张照片。") % MOST_PHOTOS, field="photos")
    return [_photo(one) for one in value]


def _photo(value: Any) -> dict[str, Any]:
    trouble = Unreadable(_("照片的信息不完整，已原样保存。"), field="photos")
    if not isinstance(value, dict):
        raise trouble
    size, stamp, slot = value.get("size"), value.get("sha256"), value.get("slot", "")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 < size < 2**31:
        raise trouble
    if not isinstance(stamp, str) or len(stamp) != 64 or not isinstance(slot, str):
        raise trouble
    id = str(_uuid(value.get("id"), "photos"))
    return {"id": id, "sha256": stamp.lower(), "size": size, "slot": slot[:40]}


def storable(value: Any, depth: int = 0) -> Any:
    """Return JSON that both databases can keep: no NUL, nothing endless, nothing endlessly deep."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd")
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if depth > DEEPEST:
        return str(value)[:200]
    if isinstance(value, list):
        return [storable(one, depth + 1) for one in value]
    if isinstance(value, dict):
        return {storable(str(k)): storable(one, depth + 1) for k, one in value.items()}
    return value
