"""What a client posts, read: a submission or an update, with every argument in its kind."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from tongxin.cases.models import Topic
from tongxin.kit.errors import Refused
from tongxin.kit.images import MEBI
from tongxin.requests.actions import MOST_PHOTOS

from .actions import BadSubmission, Handed
from .actions.filing import ADDRESS_LIMIT, seen
from .actions.updates import STATUS_WORDS, Update
from .arguments import BadArgument, degrees, moment_of
from .queries import service_of
from .wire import Form

MOST_PHOTO_BYTES = 15 * MEBI
PERSON = ("first_name", "last_name", "phone", "email", "device_id")
_ATTRIBUTE = re.compile(r"attribute\[([^\]]*)\](\[\])?")


def handed_of(form: Form) -> tuple[Topic | None, Handed]:
    """Return the service asked for and what is handed in.

    :raises NoSuchService: 404
    :raises BadSubmission: naming each argument that is missing or cannot be read
    """
    errors: list[Refused] = []
    code = form.get("service_code")
    if not code:
        errors.append(BadArgument(_("请写明 service_code。"), field="service_code"))
    topic = service_of(code) if code else None
    long, lat = _point(form, errors)
    address = seen(form.get("address_string"))
    if len(address) > ADDRESS_LIMIT:
        sentence = _("address_string 最多 %d 个字，请删减。") % ADDRESS_LIMIT
        errors.append(BadArgument(sentence, field="address_string"))
    if errors and not (long or lat or address or form.get("address_id")):
        sentence = _("请给出位置：lat 和 long、address_string 或 address_id。")
        errors.append(BadArgument(sentence, field="address_string"))
    if errors:
        sentences = [str(error.message) for error in errors]
        raise BadSubmission(sentences[0], field=errors[0].field, errors=sentences)
    photos = _photos(form)
    person = {name: seen(form.get(name))[:120] for name in PERSON if form.get(name)}
    return topic, Handed(
        print=form.print(photos),
        description=seen(form.get("description")),
        lat=lat,
        long=long,
        address=address,
        address_id=form.get("address_id"),
        answers=_answers(form),
        media_url=form.get("media_url"),
        account_id=seen(form.get("account_id"))[:64],
        person=person,
        photos=photos,
    )


def _photos(form: Form) -> list[bytes]:
    """Return the photos; too many or too large ones are refused before they are read."""
    if len(form.files) > MOST_PHOTOS:
        raise BadArgument(_("最多上传 %d 张照片。") % MOST_PHOTOS, field="media")
    if any((file.size or 0) > MOST_PHOTO_BYTES for file in form.files):
        most = MOST_PHOTO_BYTES // MEBI
        raise BadArgument(_("一张照片最大 %d MB，请缩小后再传。") % most, field="media")
    return [file.read() for file in form.files]


def _point(form: Form, errors: list[Refused]) -> tuple[float | None, float | None]:
    lat, long = form.get("lat"), form.get("long")
    if bool(lat) != bool(long):
        sentence = _("lat 和 long 要一起给出。")
        errors.append(BadArgument(sentence, field="long" if lat else "lat"))
        return None, None
    if not lat:
        return None, None
    try:
        return degrees(long, "long"), degrees(lat, "lat")
    except BadArgument as error:
        errors.append(error)
        return None, None


def _answers(form: Form) -> dict[str, Any]:
    """Return {code: answer} of `attribute[CODE]`, a list where it was given as one."""
    answers: dict[str, Any] = {}
    for name in form.values:
        found = _ATTRIBUTE.fullmatch(name)
        if found and (values := [seen(one) for one in form.many(name)]):
            answers[found[1]] = values if found[2] or len(values) > 1 else values[0]
    return answers


def update_of(form: Form, *, at: datetime) -> Update:
    """Return what a client adds to a request it filed.

    :raises BadArgument: naming what is missing or cannot be read
    """
    wanted = ("service_request_id", "update_id", "updated_datetime", "status", "description")
    if missing := [name for name in wanted if not form.get(name)]:
        sentences = [_("请写明 %s。") % name for name in missing]
        raise BadArgument(sentences[0], field=missing[0], errors=sentences)
    status = form.get("status").upper()
    if status not in STATUS_WORDS:
        raise BadArgument(
            _("status 不认识“%(status)s”，可用：%(known)s。")
            % {"status": status[:40], "known": "、".join(STATUS_WORDS)},
            field="status",
        )
    return Update(
        number=form.get("service_request_id"),
        id=form.get("update_id")[:60],
        at=min(moment_of(form.get("updated_datetime"), "updated_datetime"), at),
        status=status,
        text=seen(form.get("description")),
    )
