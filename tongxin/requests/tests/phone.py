"""What the tests of the phone's pages share: photos, browsers, an order in somebody's hands."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.timezone import now
from PIL import Image

from tongxin.accounts.models import User
from tongxin.cases.actions import make_move
from tongxin.cases.models import Case
from tongxin.requests.actions import file_request


def jpeg(color: str = "teal") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (64, 48), color).save(buffer, "JPEG")
    return buffer.getvalue()


def upload(data: bytes | None = None, name: str = "photo.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data or jpeg(), content_type="image/jpeg")


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response) -> str:
    return response.content.decode()


def ask(world, *, who=None, topic=None, ago: timedelta = timedelta(), **given) -> Case:
    """File a request at a moment that has passed."""
    given = {"text": "厨房水管漏水", "lng": 117.55, "lat": 39.25} | given
    return file_request(topic=topic or world.tap, actor=who or world.sun, at=now() - ago, **given)


def hang(world, **given) -> Case:
    """File a request and hang it in the hall."""
    case = ask(world, **given)
    make_move(case, "post", at=now(), actor=world.zhang)
    case.refresh_from_db()
    return case


def take(world, case: Case, who: User) -> Case:
    """Give an order to somebody who accepts it."""
    make_move(case, "dispatch", at=now(), actor=world.zhang, holder=who)
    make_move(case, "accept", at=now(), actor=who)
    case.refresh_from_db()
    return case


def verify(world, case: Case, who: User) -> Case:
    """Have an order done and verified."""
    from tongxin.cases.actions.evidence import prepare_evidence

    photo = prepare_evidence(data=jpeg(), kind="after", actor=who, at=now())
    make_move(case, "finish", at=now(), actor=who, note="换了垫圈", minutes=40, evidence=[photo])
    make_move(case, "verify", at=now(), actor=world.chen)
    case.refresh_from_db()
    return case
