"""Cases made by the real actions, ready for a journey to begin in the middle."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

from django.utils.timezone import now
from PIL import Image, ImageDraw

from tongxin.cases.actions import keep_evidence, make_move
from tongxin.cases.models import Case
from tongxin.requests.actions import file_request

SPOT = {"lng": 117.55, "lat": 39.25}
MINUTE = timedelta(minutes=1)


def photo(colour: str = "teal") -> bytes:
    picture = Image.new("RGB", (320, 240), colour)
    ImageDraw.Draw(picture).ellipse((110, 70, 210, 170), fill="white")
    buffer = BytesIO()
    picture.save(buffer, "JPEG")
    return buffer.getvalue()


def upload(colour: str = "teal", name: str = "现场.jpg") -> dict:
    """Return a photo as a file chooser takes it."""
    return {"name": name, "mimeType": "image/jpeg", "buffer": photo(colour)}


def filed(world, text: str = "厨房水管漏水，水流到楼下了", *, ago: int = 30, **given) -> Case:
    """File a request of Sun's, `ago` minutes before now."""
    given = {"topic": world.tap, "actor": world.sun, "address": "8 号楼 2 单元", **SPOT} | given
    return file_request(text=text, at=now() - ago * MINUTE, **given)


def posted(world, text: str = "厨房水管漏水，水流到楼下了", **given) -> Case:
    """Return a request that hangs in the hall."""
    case = filed(world, text, **given)
    make_move(case, "post", at=now() - 20 * MINUTE, actor=world.zhang)
    return fresh(case)


def accepted(world, text: str = "厨房水管漏水，水流到楼下了", *, holder=None, **given) -> Case:
    holder = holder or world.wang
    case = filed(world, text, **given)
    make_move(case, "dispatch", at=now() - 20 * MINUTE, actor=world.zhang, holder=holder)
    make_move(case, "accept", at=now() - 15 * MINUTE, actor=holder)
    return fresh(case)


def done(world, text: str = "厨房水管漏水，水流到楼下了", *, holder=None, **given) -> Case:
    """Return a request that waits for the verifier, with photos before and after."""
    holder = holder or world.wang
    return finished(accepted(world, text, holder=holder, **given), holder)


def finished(case: Case, holder) -> Case:
    at = now()
    pictures = [
        keep_evidence(case=case, data=photo(colour), kind=kind, actor=holder, at=at)
        for kind, colour in (("before", "brown"), ("after", "teal"))
    ]
    make_move(
        case,
        "finish",
        at=at,
        actor=holder,
        note="换了垫圈，试水不漏",
        evidence=pictures,
        minutes=40,
    )
    return fresh(case)


def verified(world, text: str = "厨房水管漏水，水流到楼下了", **given) -> Case:
    return checked(world, accepted(world, text, **given))


def checked(world, case: Case) -> Case:
    """Return an accepted request as it is after the doer and the verifier are through with it."""
    case = finished(case, case.holder)
    make_move(case, "verify", at=now(), actor=world.chen)
    return fresh(case)


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def given_to(world, case: Case, holder) -> Case:
    make_move(case, "dispatch", at=now(), actor=world.zhang, holder=holder)
    return fresh(case)
