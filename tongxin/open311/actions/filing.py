"""What a client hands in becomes a request; all that is wrong with it is said at once."""

from __future__ import annotations

import json
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.queries import sealer
from tongxin.cases.models import Case, Topic
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import normal_phone
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, get_land, locate, place_name, world
from tongxin.requests.actions import MOST_PHOTOS, check_answers, file_request
from tongxin.requests.models import Channel

from ..models import ClientKey, Service, Submission
from ..queries import OTHER, handling_of
from .media import expect_media

# The same content by the same key within this time is a retry, and answered alike.
RETRY = timedelta(minutes=30)
DESCRIPTION_LIMIT = 4000  # of the contract
ADDRESS_LIMIT = 120


class BadSubmission(Invalid):
    """What was handed in is wrong; `extra["errors"]` has every sentence."""


class OutsideReach(NotPermitted):
    """The key was given for another area."""


@dataclass(frozen=True)
class Handed:
    """What a client hands in: arguments of the contract, and photos as bytes."""

    print: str
    description: str = ""
    lat: float | None = None
    long: float | None = None
    address: str = ""
    address_id: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    media_url: str = ""
    account_id: str = ""
    person: dict[str, str] = field(default_factory=dict)  # first_name, last_name, phone, …
    photos: Sequence[bytes] = ()


@dataclass(frozen=True)
class Placed:
    """Where it is, as we know places."""

    land: Land
    lng: float | None
    lat: float | None
    address: str


def submit(
    *,
    client: ClientKey,
    topic: Topic | None,
    handed: Handed,
    at: datetime,
    area: str = "",
    is_test: bool = False,
) -> Submission:
    """File what a client hands in, at once or (a batch service) later by the worker.

    The same again within half an hour returns what the first one became. `area` is the path of
    the jurisdiction named. At the test endpoint everything is checked and no case is opened.

    :raises BadSubmission: naming every argument that is missing or wrong
    :raises OutsideReach: if the key was given for another area
    """
    with transaction.atomic():
        ClientKey.objects.select_for_update().get(pk=client.pk)  # a retry waits for the first
        if found := _handed_before(client, handed, at, is_test):
            return found
        placed, answers = _checked(client, topic, handed, area)
        submission = Submission(
            client=client, at=at, print=handed.print, token=secrets.token_urlsafe(24),
            is_test=is_test, description=handed.description or _title(topic),
            media_url=handed.media_url, account_id=handed.account_id,
            contact_sealed=_sealed(handed.person), content=_content(topic, placed, answers),
        )  # fmt: skip
        if handling_of(topic) == Service.Handling.BATCH:
            submission.content |= {"batch": True}
            submission.waits = not is_test
        elif not is_test:
            submission.case = _file(submission, topic, handed.photos)
        submission.save()
        if not is_test:
            expect_media(submission, at=at)
        return submission


def _handed_before(
    client: ClientKey, handed: Handed, at: datetime, is_test: bool
) -> Submission | None:
    same = Submission.objects.filter(
        client=client, print=handed.print, at__gt=at - RETRY, is_test=is_test
    )
    return same.select_related("case").order_by("-at").first()


def _title(topic: Topic | None) -> str:
    return topic.name if topic else _("其他诉求")


def _content(topic: Topic | None, placed: Placed, answers: dict[str, Any]) -> dict[str, Any]:
    return {
        "service_code": topic.code if topic else OTHER,
        "service_name": _title(topic),
        "region": placed.land.id,
        "lng": placed.lng,
        "lat": placed.lat,
        "address": placed.address,
        "address_id": placed.land.code,
        "answers": answers,
    }


def _sealed(person: dict[str, str]) -> str:
    return sealer().seal(json.dumps(person, ensure_ascii=False)) if person else ""


def _file(submission: Submission, topic: Topic | None, photos: Sequence[bytes] = ()) -> Case:
    told = submission.content
    text = submission.description
    if submission.media_url:
        text += "\n" + _("附图链接：%s") % submission.media_url
    return file_request(
        text=text,
        topic=topic,
        region=Region.objects.get(pk=told["region"]),
        lng=told["lng"],
        lat=told["lat"],
        address=told["address"],
        answers=told["answers"],
        photos=photos,
        contact=_mobile(submission),
        channel=Channel.API,
        at=submission.at,
        actor=None,
        key=f"open311:{submission.token}",
    )


def _mobile(submission: Submission) -> str:
    """Return the number by which somebody can be asked back, if it is a mobile one."""
    person = json.loads(sealer().open(submission.contact_sealed) or "{}")
    try:
        return normal_phone(person.get("phone", ""))
    except Refused:
        return ""  # kept as it is, beside the submission


# Checking.


def _checked(
    client: ClientKey, topic: Topic | None, handed: Handed, area: str
) -> tuple[Placed, dict[str, Any]]:
    errors: list[Refused] = []
    answers: dict[str, Any] = {}
    placed = None
    for check in (_check_texts, _check_media):
        errors += check(handed)
    errors += _check_batch(topic, handed)
    try:
        answers = check_answers(topic, handed.answers)
    except Invalid as error:
        code = (error.field or "").removeprefix("answers.")
        errors.append(Invalid(f"attribute[{code}] {error.message}", field=f"attribute[{code}]"))
    try:
        placed = _placed(client, handed, area)
    except OutsideReach:
        raise
    except Refused as error:
        errors.append(error)
    if placed is None or errors:
        sentences = [str(error.message) for error in errors]
        raise BadSubmission(sentences[0], field=errors[0].field, errors=sentences)
    return placed, answers


def _check_texts(handed: Handed) -> list[Refused]:
    extra = len(handed.description) - DESCRIPTION_LIMIT
    if extra > 0:
        return [
            Invalid(
                _("description 最多 4000 个字，现在多了 %d 个字，请删减。") % extra,
                field="description",
            )
        ]
    return []


def _check_media(handed: Handed) -> list[Refused]:
    errors: list[Refused] = []
    if len(handed.photos) > MOST_PHOTOS:
        errors.append(Invalid(_("最多上传 %d 张照片。") % MOST_PHOTOS, field="media"))
    if handed.media_url:
        parts = urlsplit(handed.media_url)
        if parts.scheme not in {"http", "https"} or not parts.netloc or len(handed.media_url) > 500:
            errors.append(
                Invalid(_("media_url 应是 http 或 https 开头的网址。"), field="media_url")
            )
    return errors


def _check_batch(topic: Topic | None, handed: Handed) -> list[Refused]:
    if handed.photos and handling_of(topic) == Service.Handling.BATCH:
        sentence = _("这项服务分批受理，照片请用 media_url 给出网址。")
        return [Invalid(sentence, field="media")]
    return []


def _placed(client: ClientKey, handed: Handed, area: str) -> Placed:
    """Return the place handed in: a point, an address id (a region's code), or an address in words.

    :raises Invalid: without any, or with two that lie apart
    :raises OutsideReach: outside the area the key was given for
    """
    named = get_land(handed.address_id) if handed.address_id else None
    lng, lat = handed.long, handed.lat
    if lng is not None and lat is not None:
        land = locate(lng, lat)
        if named is not None and not _agree(land.path, named.path):
            raise Invalid(
                _("坐标在%(point)s，与 address_id 指的%(named)s不是同一个地方，请核对。")
                % {"point": place_name(land.path), "named": place_name(named.path)},
                field="address_id",
            )
    elif named is not None:
        land = named
    elif handed.address:
        land = _by_words(handed.address, client, area)
    else:
        raise Invalid(
            _("请给出位置：lat 和 long、address_string 或 address_id。"), field="address_string"
        )
    for reach in filter(None, (area, client.region.path if client.region else "")):
        if not land.path.startswith(reach):
            raise OutsideReach(
                _("%s不在这个密钥或辖区的范围内。") % place_name(land.path), field="lat"
            )
    return Placed(land, lng, lat, handed.address or "")


def _agree(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _by_words(address: str, client: ClientKey, area: str) -> Land:
    """Return the place an address names: the deepest community or street whose name is in it.

    With none named it lies in the client's own area, or in the one district there is: whoever
    dispatches reads the address.
    """
    reach = area or (client.region.path if client.region else "")
    levels = (Region.Level.COMMUNITY, Region.Level.STREET, Region.Level.DISTRICT)
    lands = [x for x in world().lands if x.path.startswith(reach) and x.level in levels]
    found = [land for land in lands if land.name in address or land.short_name in address]
    if found:
        most = max(levels_deep(land) for land in found)
        deepest = [land for land in found if levels_deep(land) == most]
        if len(deepest) == 1:
            return deepest[0]
        above = [x for x in deepest if any(_is_under(x, y) for y in found if y is not x)]
        if len(above) == 1:
            return above[0]
    if client.region is not None:
        return get_land(client.region.pk)
    districts = [land for land in lands if land.level == Region.Level.DISTRICT]
    if len(districts) == 1:
        return districts[0]
    raise Invalid(
        _("认不出“%s”在哪个社区，请写明街道和社区，或给出坐标。") % address[:40],
        field="address_string",
    )


def levels_deep(land: Land) -> int:
    return land.path.count("/")


def _is_under(land: Land, other: Land) -> bool:
    return land.path.startswith(other.path)


def seen(text: str) -> str:
    """Return a text without characters that cannot be seen: other systems send them unasked."""
    kept = (
        character
        for character in unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
        if character in "\n\u200d" or unicodedata.category(character)[0] != "C"
    )
    return "".join(kept).replace("\t", " ").strip()


# Later.


def file_waiting(*, at: datetime, limit: int = 20) -> int:
    """File what batch services took in; return how many. What cannot be filed says why."""
    with transaction.atomic():
        rows = Submission.objects.filter(waits=True).order_by("at")
        waiting = list(
            rows.select_related("client").select_for_update(skip_locked=True, of=("self",))[:limit]
        )
        for submission in waiting:
            _file_late(submission, at)
    return len(waiting)


def _file_late(submission: Submission, at: datetime) -> None:
    try:
        with transaction.atomic():
            code = submission.content["service_code"]
            topic = Topic.objects.filter(code=code).first() if code != OTHER else None
            submission.case = _file(submission, topic)
    except Refused as refusal:
        submission.refused = str(refusal.message)[:300]
    submission.waits = False
    submission.save(update_fields=["case", "waits", "refused"])
    expect_media(submission, at=at)
