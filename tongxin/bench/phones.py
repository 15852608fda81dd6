"""Phones that were away for a day: what they kept, and how they send it over a bad line.

Everything follows from a seed. A phone that does not hear the answer sends the same again, whole or
from the middle; a piece of a photo gets lost; batches overlap. Nothing here knows what the server
has: whether anything was lost or doubled is asked of the database afterwards.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPConnection
from typing import Any

from tongxin.kit.ids import uuid7

BATCH = 40
PIECE = 256 * 1024
AGAIN = 0.15  # how often an answer does not arrive
PICTURES = 6  # different pictures; each photo is one of them with a comment of its own
PIXELS = (1600, 1200)  # as the app makes them smaller before it keeps them
TEXTS = ("楼道灯不亮", "井盖松动", "垃圾桶满了", "有人乱停车", "老人行动不便", "邻里噪音")


@dataclass
class Kept:
    """What one phone holds: actions in their order, and the bytes of its photos."""

    token: str
    device: str
    ahead: timedelta  # by how much its clock is ahead of the true one
    actions: list[dict[str, Any]]
    photos: dict[str, bytes] = field(default_factory=dict)


@dataclass
class Tally:
    """What came of sending; seconds are of the wall."""

    calls: int = 0
    repeats: int = 0
    states: dict[str, str] = field(default_factory=dict)
    bytes: int = 0


def pictures(seed: int) -> list[bytes]:
    """Return some JPEGs of the size and weight of photos from a street."""
    from PIL import Image, ImageFilter

    dice = random.Random(seed)  # noqa: S311 - the same pictures every time
    found = []
    for _n in range(PICTURES):
        small = Image.frombytes("RGB", (80, 60), dice.randbytes(80 * 60 * 3))
        picture = small.resize(PIXELS).filter(ImageFilter.GaussianBlur(2))
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=80)
        found.append(out.getvalue())
    return found


def with_comment(jpeg: bytes, text: str) -> bytes:
    """Return the JPEG with a comment behind its first marker: another file, the same picture."""
    said = text.encode()
    return jpeg[:2] + b"\xff\xfe" + (len(said) + 2).to_bytes(2, "big") + said + jpeg[2:]


class Maker:
    """Makes what phones kept. `spots` are places of each phone's grid, `orders` its order or ""."""

    def __init__(self, *, actions: int, photos: int, seed: int, now: datetime) -> None:
        self.n, self.photos, self.now = actions, photos, now
        self.seed = seed
        self.files = pictures(seed)

    def kept(self, n: int, token: str, spot: tuple[float, float], order: str, version: str) -> Kept:
        """Return what the n-th phone kept."""
        dice = random.Random(f"{self.seed}:{n}")  # noqa: S311
        # One phone of seven has a clock that is wrong by hours.
        ahead = timedelta(hours=dice.choice((-5, -2, 3, 8))) if n % 7 == 0 else timedelta()
        device = str(uuid.UUID(int=dice.getrandbits(128), version=4))
        phone = Kept(token, device, ahead, [])
        story = self._story(order, version)
        step = timedelta(hours=8) / len(story)
        begun = self.now - timedelta(hours=9) + timedelta(minutes=dice.randrange(50))
        reports = [i for i, (kind, _data) in enumerate(story) if kind == "report"]
        share = _shares(self.photos, reports)
        for i, (kind, data) in enumerate(story):
            at = begun + i * step
            photos = [self._photo(phone, dice, f"{n}-{i}-{k}") for k in range(share.get(i, 0))]
            phone.actions.append(_action(kind, at + ahead, data, spot, dice, photos))
        return phone

    def _story(self, order: str, version: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the day: agree, go on duty, an order, reports and check-ins by turns, go off duty."""
        start: list[tuple[str, dict[str, Any]]] = [
            ("notice.agree", {"version": version}),
            ("duty.start", {}),
            ("order.move", {"case": order, "move": "accept", "based_on": 2}),
            ("order.move", {"case": order, "move": "check_in", "based_on": 2}),
        ]
        end: list[tuple[str, dict[str, Any]]] = [
            ("order.move", {"case": order, "move": "answer", "note": "已到现场", "based_on": 2}),
            ("duty.stop", {}),
        ]
        rest = max(0, self.n - len(start) - len(end))
        middle: list[tuple[str, dict[str, Any]]] = [
            (("report", "report", "checkin", "track")[k % 4], {}) for k in range(rest)
        ]
        return [*start, *middle, *end]

    def _photo(self, phone: Kept, dice: random.Random, name: str) -> dict[str, Any]:
        data = with_comment(dice.choice(self.files), f"{self.seed} {name}")
        id = str(uuid.UUID(int=dice.getrandbits(128), version=4))
        phone.photos[id] = data
        stamp = hashlib.sha256(data).hexdigest()
        return {"id": id, "sha256": stamp, "size": len(data), "slot": "photo"}


def _shares(photos: int, reports: list[int]) -> dict[int, int]:
    """Give the photos to the reports in turn, at most nine each."""
    share = dict.fromkeys(reports, 0)
    for k in range(min(photos, 9 * len(reports))):
        share[reports[k % len(reports)]] += 1
    return share


def _action(
    kind: str, at: datetime, data: dict[str, Any], spot: tuple[float, float],
    dice: random.Random, photos: list[dict[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    lng, lat = (value + dice.uniform(-0.0005, 0.0005) for value in spot)
    made: dict[str, Any] = {
        "id": str(uuid7(at)),
        "kind": kind,
        "at": at.isoformat(),
        "place": {"lng": lng, "lat": lat, "accuracy": dice.randrange(5, 40)},
        "data": {name: value for name, value in data.items() if name != "based_on"},
        "photos": photos,
    }
    if "based_on" in data:
        made["based_on"] = data["based_on"]
    if kind == "report":
        made["data"] = {"topic": f"{dice.randrange(1, 57):04d}", "text": dice.choice(TEXTS)}
    if kind == "track":
        made["data"]["points"] = [
            {"lng": lng + 0.001 * k, "lat": lat, "accuracy": 10, "at": (at - timedelta(minutes=4 - k)).isoformat()}
            for k in range(4)
        ]  # fmt: skip
    return made


class Line:
    """A phone's line: it sends, and sometimes does not hear the answer."""

    def __init__(self, port: int, phone: Kept, seed: str, tally: Tally) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=120)
        self.phone, self.tally = phone, tally
        self.dice = random.Random(seed)  # noqa: S311

    def call(self, method: str, path: str, body: bytes, media: str) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self.phone.token}", "Content-Type": media}
        self.connection.request(method, f"/api/v1/field{path}", body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        self.tally.calls += 1
        self.tally.bytes += len(body)
        if answer.status >= 500:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]!r}")
        return answer.status, json.loads(text)

    def was_heard(self) -> bool:
        heard = self.dice.random() >= AGAIN
        self.tally.repeats += not heard
        return heard

    def send_actions(self) -> None:
        """Send all actions in batches; one whose answer is not heard is sent again, differently cut."""
        left = list(self.phone.actions)
        while left:
            batch = left[: self.dice.randint(BATCH // 4, BATCH)]
            results = self._sync(batch)
            if not self.was_heard():
                continue
            for one in results:
                self.tally.states[one["id"]] = one["state"]
            left = left[len(batch) :]

    def _sync(self, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        body = {
            "device": self.phone.device,
            "app": "bench",
            "sent_at": (_clock() + self.phone.ahead).isoformat(),
            "actions": batch,
        }
        status, told = self.call("POST", "/sync", json.dumps(body).encode(), "application/json")
        if status != 200:
            raise RuntimeError(f"sync: {status} {told}")
        return told["results"]

    def send_photos(self) -> None:
        """Send every photo in pieces; after a silence ask how far it has come, or just send again."""
        for id, data in self.phone.photos.items():
            offset = 0
            while True:
                piece = data[offset : offset + PIECE]
                path = f"/photos/{id}?offset={offset}"
                status, told = self.call("PUT", path, piece, "application/octet-stream")
                if not self.was_heard():
                    continue
                if status == 409:
                    offset = told["wanted"]
                elif status != 200:
                    raise RuntimeError(f"photo: {status} {told}")
                elif told["state"] != "waiting":
                    break
                else:
                    offset = told["received"]


def _clock() -> datetime:
    return datetime.fromtimestamp(time.time()).astimezone()
