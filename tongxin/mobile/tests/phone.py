"""A phone for the tests: it makes ids, keeps a clock of its own, sends batches and photos."""

from __future__ import annotations

import hashlib
import io
import random
import uuid
from datetime import datetime, timedelta

from django.test import Client
from django.utils.timezone import now
from PIL import Image

from tongxin.kit.ids import uuid7

HERE = {"lng": 117.55, "lat": 39.25, "accuracy": 12}


def picture(seed: int = 1, size=(64, 48)) -> bytes:
    """A JPEG of noise; another seed, another photo."""
    out = io.BytesIO()
    noise = random.Random(seed).randbytes(size[0] * size[1] * 3)
    Image.frombytes("RGB", size, noise).save(out, "JPEG")
    return out.getvalue()


class Phone:
    """Somebody's phone; `ahead` is by how much its clock is ahead of the true one."""

    def __init__(self, api, who: str, *, ahead: timedelta = timedelta()) -> None:
        self.api, self.who, self.ahead = api, who, ahead
        self.id = uuid.uuid4()
        self.files: dict[str, bytes] = {}

    def clock(self, ago: timedelta = timedelta()) -> datetime:
        return now() + self.ahead - ago

    def act(
        self, kind: str, *, ago: timedelta = timedelta(), photos=(), place=HERE, **data
    ) -> dict:
        """Return an action as the phone keeps it; `photos` are (slot, bytes)."""
        at = self.clock(ago)
        made = {
            "id": str(uuid7(at)),
            "kind": kind,
            "at": at.isoformat(),
            "data": data,
            "photos": [self.announce(slot, file) for slot, file in photos],
        }
        if place:
            made["place"] = place
        return made

    def move(self, case, move: str, *, based_on=None, ago=timedelta(), photos=(), **data) -> dict:
        made = self.act("order.move", case=str(case.pk), move=move, ago=ago, photos=photos, **data)
        return made | ({"based_on": based_on} if based_on is not None else {})

    def announce(self, slot: str, data: bytes) -> dict:
        id = str(uuid.uuid4())
        self.files[id] = data
        return {"id": id, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "slot": slot}  # fmt: skip

    def body(self, *actions, **more) -> dict:
        return {
            "device": str(self.id),
            "app": "1.2",
            "sent_at": self.clock().isoformat(),
            "actions": list(actions),
        } | more

    def send(self, *actions, **more):
        return self.api(self.who, "POST", "/field/sync", self.body(*actions, **more))

    def results(self, *actions) -> list[dict]:
        response = self.send(*actions)
        assert response.status_code == 200, response.content
        return response.json()["results"]

    def result(self, action) -> dict:
        return self.results(action)[0]

    def put(self, id: str, data: bytes | None = None, offset: int = 0):
        data = self.files[id] if data is None else data
        return self.api(
            self.who, "PUT", f"/field/photos/{id}?offset={offset}",
            data=data, content_type="application/octet-stream",
        )  # fmt: skip

    def upload(self, action: dict) -> list[dict]:
        """Send the photos of an action; return the last answers."""
        return [self.put(photo["id"]).json() for photo in action["photos"]]


def browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client
