"""Every write of this app. A step of a lifecycle is not here: it is `cases.actions.make_move`."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.timezone import make_aware
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit_look
from tongxin.accounts.queries import sealer
from tongxin.cases.actions import keep_route, make_move, open_case, send_first
from tongxin.cases.actions.evidence import prepare_evidence
from tongxin.cases.models import Case, Event, Evidence, Topic
from tongxin.cases.queries import parts_of
from tongxin.cases.routing import Asked, choose, summary_of
from tongxin.cases.store import insert
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.seal import Sealer
from tongxin.kit.text import clean_text, normal_phone
from tongxin.orgs.models import Org
from tongxin.orgs.scope import roles_over
from tongxin.regions.models import Region
from tongxin.regions.queries import locate

from .models import Channel, ServiceRequest, Whistle, Wish
from .queries import MAY_CALL

RATING_DAYS = 14
MOST_PHOTOS = 9
UNASKED = (Channel.IMPORT, Channel.HOTLINE)  # nobody put our questions to who writes there
THE_ACTOR: Any = object()  # who files it is whose it is
LONG_ANSWER = 2000


class BadAnswer(Invalid):
    """An extra question of the topic was not answered, or not in its kind."""


class LinkExpired(Refused):
    """A rating link is good for 14 days."""

    status = 410


def place_of(*, region: Region | None, lng: float | None, lat: float | None) -> Region:
    """Return the region of a request: the one named, or the one that contains the point.

    :raises OutsideArea: if the point lies outside the districts served
    :raises Invalid: if neither region nor point is given
    """
    if region is not None:
        return region
    if lng is None or lat is None:
        raise Invalid(_("请选择所在社区，或在地图上点出位置。"), field="region")
    return Region.objects.get(pk=locate(lng, lat).id)


def check_answers(
    topic: Topic | None, answers: dict[str, Any], *, is_asked: bool = True
) -> dict[str, Any]:
    """Return the answers to the topic's extra questions, each in its kind.

    What has to be answered may be left out by who was not asked (`is_asked` false).

    :raises BadAnswer: naming the question
    """
    kept: dict[str, Any] = {}
    for question in topic.questions if topic else []:
        value = _given(question, answers.get(question["key"]))
        if not value:
            if question.get("required") and is_asked:
                raise BadAnswer(
                    _("请回答：%s") % question["label"], field=f"answers.{question['key']}"
                )
            continue
        kept[question["key"]] = _answer(question, value)
    return kept


def _given(question: dict, value: Any) -> Any:
    """Return an answer as text without blanks at its ends; of several choices as a list of texts."""
    given = [str(one).strip() for one in (value if isinstance(value, list) else [value or ""])]
    if question["type"] == "choices":
        return list(dict.fromkeys(one for one in given if one))
    return given[0] if len(given) == 1 else "、".join(given)


def _answer(question: dict, value: Any) -> Any:
    field, label = f"answers.{question['key']}", question["label"]
    chosen = {"choice": [value], "choices": value}.get(question["type"], [])
    if not set(chosen) <= set(question.get("choices") or chosen):
        choices = "、".join(question["choices"])
        raise BadAnswer(
            _("“%(label)s”请从以下选择：%(choices)s。") % {"label": label, "choices": choices},
            field=field,
        )
    if question["type"] == "number":
        try:
            return int(value)
        except ValueError:
            raise BadAnswer(_("“%s”请填数字。") % label, field=field) from None
    if question["type"] == "moment":
        return _moment(value, label, field)
    if question["type"] == "choices":
        return value
    is_long = question["type"] == "long"
    limit = LONG_ANSWER if is_long else 200
    return clean_text(value, limit=limit, field_label=label, multiline=is_long)


def _moment(value: str, label: str, field: str) -> str:
    """Return a time in ISO-8601; one without a zone is ours."""
    try:
        found = parse_datetime(value)
    except ValueError:
        found = None
    if found is None:
        raise BadAnswer(_("“%s”请填日期和时间。") % label, field=field)
    return (found if found.tzinfo else make_aware(found)).isoformat()


def file_request(
    *,
    text: str,
    at: datetime,
    actor,
    topic: Topic | None = None,
    title: str = "",
    region: Region | None = None,
    lng: float | None = None,
    lat: float | None = None,
    address: str = "",
    photos: Sequence[bytes] = (),
    evidence: Sequence[Evidence] = (),
    channel: str = Channel.WEB,
    beneficiary: str = "",
    consent: str = "",
    contact: str = "",
    answers: dict[str, Any] | None = None,
    is_asked: bool = True,
    is_private: bool = False,
    is_fast: bool = False,
    id: uuid.UUID | None = None,
    key: str | None = None,
    source_key: str | None = None,
    likes: int = 0,
    reporter=THE_ACTOR,
    data: dict[str, Any] | None = None,
) -> Case:
    """File a request (点单, S0.49) and open its case. A retried key returns the first one's case.

    `beneficiary` names the elder or neighbour it is filed for, with how they agreed in `consent`.
    It is private if its topic is, or if the resident asks. `reporter` is whose request it is, if not
    the actor's (None: somebody without an account); `data` says more of how it came. The rules in
    force choose who handles it. `evidence` is of photos that were proved before (`photos` are not);
    with `is_asked` false the topic's questions may stay open (a report of three taps).

    :raises Invalid: for a missing place, text over the limit, a photo that is none, a point outside
    """
    text = clean_text(text, limit=10_000, field_label=_("内容"), required=True, multiline=True)
    title = title or text.split("\n")[0][:40]
    region = place_of(region=region, lng=lng, lat=lat)
    if len(photos) + len(evidence) > MOST_PHOTOS:
        raise Invalid(_("最多上传 %d 张照片。") % MOST_PHOTOS, field="photos")
    if beneficiary and not consent:
        raise Invalid(_("替别人点单时，请写明对方是怎样同意的（如：电话同意）。"), field="consent")
    asks = channel not in UNASKED
    answers = check_answers(topic, answers or {}, is_asked=is_asked) if asks else {}
    sealer = Sealer(settings.TONGXIN_SEAL_KEYS, settings.TONGXIN_INDEX_KEY)
    phone = normal_phone(contact) if contact else ""
    request = ServiceRequest(
        channel=channel,
        beneficiary_sealed=_sealed(
            sealer, clean_text(beneficiary, limit=40, field_label=_("被代办人"))
        ),
        consent=clean_text(consent, limit=100, field_label=_("同意方式")),
        contact_sealed=_sealed(sealer, phone),
        contact_index=sealer.index(phone),
        answers=answers,
        source_key=source_key,
        likes=likes,
    )

    asked = Asked.of(area=region.path, at=at, topic=topic, source=str(channel), is_fast=is_fast)
    choice = choose(asked)

    def write_request(case: Case) -> None:
        request.case = case
        insert(request)
        if choice is not None:
            keep_route(case, choice, at=at)
            # What is brought in from elsewhere has its own story: nobody is sent for it.
            if choice.is_direct and channel != Channel.IMPORT:
                send_first(case, choice, at=at)

    return open_case(
        kind="request",
        title=title,
        text=text,
        topic=topic,
        region=region,
        lng=lng,
        lat=lat,
        address=clean_text(address, limit=120, field_label=_("地址")),
        at=at,
        actor=actor,
        reporter=actor if reporter is THE_ACTOR else reporter,
        is_private=is_private or bool(topic and not topic.is_public),
        is_fast=is_fast,
        id=id,
        key=key,
        data={"channel": str(channel), **(data or {})},
        found={"route": summary_of(choice)} if choice else None,
        evidence=[
            *(prepare_evidence(data=p, kind="photo", actor=actor, at=at) for p in photos),
            *evidence,
        ],
        also=write_request,
    )


def _sealed(sealer: Sealer, text: str) -> str:
    return sealer.seal(text) if text else ""


@transaction.atomic
def blow_whistle(
    *,
    title: str,
    text: str,
    region: Region,
    street_org: Org,
    departments: Collection[Org],
    at: datetime,
    actor,
    topic: Topic | None = None,
    lng: float | None = None,
    lat: float | None = None,
    address: str = "",
    is_fast: bool = False,
    parent: Case | None = None,
    key: str | None = None,
) -> Case:
    """A street calls departments to the spot (S2.53); the first one named leads (首接负责).

    `is_fast` is the green lane (S2.54). `parent` is the request that gave rise to it; that one
    cannot close while the whistle is open.

    :raises NotPermitted: if the actor is no officer over the region
    :raises Invalid: if no department is called, or what is called is none
    """
    if "officer" not in roles_over(actor, region.path):
        raise NotPermitted(_("只有街镇管理员可以吹哨。"))
    departments = list(dict.fromkeys(departments))
    if not departments:
        raise Invalid(_("请至少选择一个要报到的部门。"), field="departments")
    if wrong := [org.name for org in departments if org.kind != Org.Kind.DEPARTMENT]:
        raise Invalid(_("%s 不是职能部门，不能吹哨。") % "、".join(wrong), field="departments")
    where: Any = {"region": region, "lng": lng, "lat": lat, "address": address, "topic": topic}
    lead = departments[0]

    def write_calls(case: Case) -> None:
        Whistle.objects.create(case=case, street_org=street_org, lead=lead)
        for org in departments:
            open_case(
                kind="whistle_call", title=title, text=text, at=at, actor=actor, reporter=actor,
                handler=org, parent=case, is_fast=is_fast, data={"lead": org == lead}, **where,
            )  # fmt: skip

    return open_case(
        kind="whistle", title=title, text=text, at=at, actor=actor, reporter=actor, handler=lead,
        is_fast=is_fast, parent=parent, key=key, data={"called": [org.name for org in departments]},
        also=write_calls, **where,
    )  # fmt: skip


def collect_wish(
    *,
    title: str,
    text: str,
    wisher: str,
    region: Region,
    at: datetime,
    actor,
    cost: int = 0,
    topic: Topic | None = None,
    key: str | None = None,
) -> Case:
    """Collect a small wish (微心愿); a dispatcher publishes it before anybody can claim it.

    :raises Invalid: for a wish above 2,000 yuan, or a wisher over 40 characters
    """
    if not 0 <= cost <= 2000:
        raise Invalid(_("微心愿预计花费应在 2000 元以内。"), field="cost")
    wish = Wish(
        wisher=clean_text(wisher, limit=40, field_label=_("心愿人"), required=True), cost=cost
    )

    def write_wish(case: Case) -> None:
        wish.case = case
        insert(wish)

    return open_case(
        kind="wish", title=title, text=text, region=region, topic=topic, at=at, actor=actor,
        reporter=actor, key=key, also=write_wish,
    )  # fmt: skip


def rating_token(case: Case) -> str:
    """Return the token of a link by which the resident rates without signing in."""
    return signing.TimestampSigner(salt="rating").sign(str(case.pk))


def case_of_rating_token(token: str) -> Case:
    """Return the case a rating link is for.

    :raises LinkExpired: if the link is older than 14 days, or was tampered with
    """
    try:
        pk = signing.TimestampSigner(salt="rating").unsign(
            token, max_age=timedelta(days=RATING_DAYS)
        )
        return Case.objects.select_related("topic", "region").get(pk=pk, kind="request")
    except (signing.BadSignature, Case.DoesNotExist):
        raise LinkExpired(
            _("这个评价链接已过期或不完整。您可以登录后在“我的点单”里评价。")
        ) from None


def rate_by_link(*, token: str, stars: int, tags: list[str], words: str, at: datetime) -> Event:
    """Rate by the signed link, as the reporter of that one case.

    :raises LinkExpired, NoSuchMove: if the link is too old, or the case was rated already
    """
    case = case_of_rating_token(token)
    return make_move(
        case, "rate", at=at, actor=None, parts=frozenset({"reporter"}), note=words, stars=stars,
        tags=tags, key=f"rate:{case.pk}",
    )  # fmt: skip


def reveal_contact(
    *, case: Case, actor, reason: str, at: datetime, address: str = ""
) -> dict[str, str]:
    """Return {"phone", "beneficiary"} of a request, and write down who looked and why.

    The number named in the request, or else the one its reporter signs in by.

    :raises NotPermitted: if the actor has no part in which they must call the resident
    :raises NoReason: without a reason of four characters
    """
    if not parts_of(actor, case) & MAY_CALL:
        raise NotPermitted(_("只有派单员、街镇管理员和承办人可以查看居民的联系方式。"))
    audit_look(
        actor=actor, action="contact.reveal", object=case.number, reason=reason, at=at,
        address=address,
    )  # fmt: skip
    request = getattr(case, "request", None)
    opened = sealer().open
    phone = opened(request.contact_sealed) if request else ""
    if not phone and case.reporter:
        phone = opened(case.reporter.phone_sealed)
    return {
        "phone": phone,
        "beneficiary": opened(request.beneficiary_sealed) if request else "",
    }
