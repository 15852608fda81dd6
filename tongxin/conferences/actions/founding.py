"""Bodies founded from the tree of land and units, their charters, the units that sit there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.tables import read_table
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org
from tongxin.orgs.scope import roles_over
from tongxin.regions.models import Region

from ..models import BodyMember, BodyRule, Charter, ConferenceBody, MemberKind
from ..queries.bodies import conveners
from .common import must_run

DATA = Path(__file__).parent.parent / "data"
LEVELS = (Region.Level.DISTRICT, Region.Level.STREET, Region.Level.COMMUNITY)
NAMES = {"district": "区级党建联席会议", "street": "党建联席会议", "community": "党建联席会议"}
FOUNDERS = ("secretary", "organiser", "officer")


class BadBody(Invalid):
    """A body is of a district, a street or a community."""


class SeatTaken(Refused):
    """The unit sits there already."""


class SeatEnded(Refused):
    """The unit has left."""


class BadCharter(Invalid):
    """A charter's day is not later than that of the one before."""


@transaction.atomic
def load_rules() -> int:
    """Bring in the rules and kinds of members of the house's files; return how many rows were new.

    A version that is in stays as it is: another day has another version.
    """
    known = set(BodyRule.objects.values_list("level", "version"))
    rules = [
        BodyRule(**_rule_of(row))
        for _line, row in read_table(DATA / "body_rules.csv", name="body_rules.csv").rows
        if (row["level"], row["version"]) not in known
    ]
    BodyRule.objects.bulk_create(rules)
    codes = set(MemberKind.objects.values_list("code", flat=True))
    kinds = [
        MemberKind(**dict(row) | {"seq": int(row["seq"])})
        for _line, row in read_table(DATA / "member_kinds.csv", name="member_kinds.csv").rows
        if row["code"] not in codes
    ]
    MemberKind.objects.bulk_create(kinds)
    return len(rules) + len(kinds)


def _rule_of(row: Any) -> dict[str, Any]:
    return dict(row) | {
        "effective_from": date.fromisoformat(row["effective_from"]), "times": int(row["times"]),
        "remind_days": int(row["remind_days"]), "minutes_days": int(row["minutes_days"]),
        "is_sample": row["is_sample"] == "1", "charter": row["charter"].replace("\\n", "\n"),
    }  # fmt: skip


@transaction.atomic
def found_bodies(*, district: Region, by: User, at: datetime) -> int:
    """Found the bodies of every street and community of a district that has none (S3.36).

    Each is convened by the committee that leads its land; where there is none the body stands
    without, and is shown so. Running it again founds what is missing and gives a body its
    convener once there is one. Returns how many were founded.

    :raises NotPermitted: unless `by` leads the district's units or its office
    """
    must_found(by, district)
    load_rules()
    on = localdate(at)
    lands = list(
        Region.objects.valid_on(on).filter(
            path__under=district.path, level__in=(Region.Level.STREET, Region.Level.COMMUNITY)
        ).order_by("path").defer("polygon")
    )  # fmt: skip
    standing = {
        body.region_id: body
        for body in ConferenceBody.objects.standing().filter(region__path__under=district.path)
    }
    leading = conveners(district.path)
    made = []
    for land in lands:
        body, org = standing.get(land.pk), leading.get(land.pk)
        if body is None:
            made.append(_new_body(land, org, on, by))
        elif body.org_id is None and org is not None:
            body.org = org
            body.save(update_fields=["org"])
    ConferenceBody.objects.bulk_create(made, 200)
    _give_charters(made, on, by, at)
    if made:
        audit(
            actor=by, action="conferences.found", object=district.name, at=at,
            detail={"bodies": len(made)},
        )  # fmt: skip
    return len(made)


def must_found(by: User, land: Region) -> None:
    """:raises NotPermitted: unless `by` is secretary, organiser or officer over land"""
    inside = roles_over(by, land.path)
    if inside.isdisjoint(FOUNDERS):
        raise NotPermitted(
            _("您的岗位不能在%s建立联席会议。") % land.name,
            remedy=_("请由区委组织员、书记或管理员办理。"),
        )


def _new_body(land: Region, org: Org | None, on: date, by: User) -> ConferenceBody:
    return ConferenceBody(
        level=land.level, region=land, org=org, founded_on=on, founded_by=by,
        name=f"{land.name}{NAMES[land.level]}",
    )  # fmt: skip


def _give_charters(bodies: Sequence[ConferenceBody], on: date, by: User, at: datetime) -> None:
    """Begin each body with the model charter of its level."""
    rules = {level: BodyRule.objects.in_force(level, on) for level in {b.level for b in bodies}}
    Charter.objects.bulk_create(
        [
            Charter(
                body=body, text=rule.charter, effective_from=on, source=rule.source[:200],
                made_by=by, made_at=at,
            )
            for body in bodies
            if (rule := rules[body.level]) is not None
        ],
        200,
    )  # fmt: skip


@transaction.atomic
def found_body(
    *, region: Region, by: User, at: datetime, org: Org | None = None, name: str = ""
) -> ConferenceBody:
    """Found one body of a district, street or community; `org` defaults to who leads the land.

    :raises BadBody: for another level, or where there is one
    :raises NotPermitted: unless `by` is secretary, organiser or officer over it
    """
    must_found(by, region)
    load_rules()
    if region.level not in LEVELS:
        raise BadBody(_("联席会议设在区、街镇和社区（村）。"), field="region")
    org = org or conveners(region.path).get(region.pk)
    on = localdate(at)
    body = _new_body(region, org, on, by)
    if name:
        body.name = clean_text(name, limit=100, field_label=_("名称"))
    try:
        with transaction.atomic():
            body.save(force_insert=True)
    except IntegrityError:
        raise BadBody(_("%s已有联席会议。") % region.name, field="region") from None
    _give_charters([body], on, by, at)
    return body


@transaction.atomic
def set_convener(*, body: ConferenceBody, org: Org, by: User, at: datetime) -> ConferenceBody:
    """Name the Party committee that convenes a body.

    :raises NotPermitted: unless `by` is secretary, organiser or officer over the land
    :raises BadBody: for a unit that is no Party unit of that land
    """
    must_found(by, body.region)
    if (
        org.kind != Org.Kind.PARTY
        or org.dissolved_on is not None
        or not (
            org.region.path.startswith(body.region.path)
            or body.region.path.startswith(org.region.path)
        )
    ):
        raise BadBody(_("召集单位应是%s的党组织。") % body.region.name, field="org")
    body.org = org
    body.save(update_fields=["org"])
    audit(actor=by, action="conferences.convener", object=body.name, at=at,
          detail={"org": org.name})  # fmt: skip
    return body


@transaction.atomic
def adopt_charter(
    *, body: ConferenceBody, text: str, effective_from: date, by: User, at: datetime,
    source: str = "",
) -> Charter:  # fmt: skip
    """Give a body another charter from a day on (S3.1). :raises NotYourBody, BadCharter, Invalid:"""
    must_run(by, body)
    text = clean_text(text, limit=5000, field_label=_("章程"), required=True, multiline=True)
    body = ConferenceBody.objects.select_for_update(of=("self",)).get(pk=body.pk)
    latest = body.charters.order_by("-effective_from").first()
    if latest is not None and effective_from <= latest.effective_from:
        raise BadCharter(
            _("施行日期要晚于现行章程的施行日期（%s）。") % latest.effective_from.isoformat(),
            field="effective_from",
        )
    return Charter.objects.create(
        body=body, text=text, effective_from=effective_from, made_by=by, made_at=at,
        source=clean_text(source, limit=200, field_label=_("依据"), required=False),
    )  # fmt: skip


@transaction.atomic
def seat_member(
    *, body: ConferenceBody, kind: MemberKind, rep_name: str, why: str, from_date: date, by: User,
    at: datetime, org: Org | None = None, name: str = "", representative: User | None = None,
    rep_title: str = "",
) -> BodyMember:  # fmt: skip
    """Give a unit a seat: an organisation, or a unit by name; with why it was chosen (S3.29).

    :raises NotYourBody, SeatTaken:
    :raises Invalid: for a kind of another level, a day to come, words that are missing
    """
    must_run(by, body)
    if body.level not in kind.levels.split():
        raise Invalid(
            _("%(level)s联席会议没有“%(kind)s”这类成员。")
            % {"level": body.get_level_display(), "kind": kind.name},
            field="kind",
        )
    if from_date > localdate(at):
        raise Invalid(_("加入日期还没到。"), field="from_date")
    given: dict[str, Any] = {
        "name": clean_text(org.name if org else name, limit=60, field_label=_("单位名称"),
                           required=True),
        "rep_name": clean_text(representative.name if representative else rep_name, limit=40,
                               field_label=_("代表"), required=True),
        "rep_title": clean_text(rep_title, limit=40, field_label=_("职务"), required=False),
        "why": clean_text(why, limit=200, field_label=_("推选理由"), required=True),
    }  # fmt: skip
    try:
        with transaction.atomic():
            seat = BodyMember.objects.create(
                body=body, org=org, kind=kind, representative=representative,
                from_date=from_date, by=by, at=at, **given,
            )  # fmt: skip
    except IntegrityError:
        raise SeatTaken(_("%s已是成员单位。") % given["name"], field="name") from None
    if representative is not None:
        tell(
            users=[representative], title=_("您已代表%(unit)s参加%(body)s")
            % {"unit": seat.name, "body": body.name}, text=seat.why,
            url=f"/conferences/bodies/{body.pk}/", key=f"body-seat:{seat.pk}", at=at,
        )  # fmt: skip
    return seat


@transaction.atomic
def end_seat(*, seat: BodyMember, on: date, by: User, at: datetime) -> BodyMember:
    """End a unit's seat on a day; what it sat through stays. :raises NotYourBody, SeatEnded, Invalid:"""
    seat = BodyMember.objects.select_for_update(of=("self",)).get(pk=seat.pk)
    must_run(by, seat.body)
    if seat.to_date is not None:
        raise SeatEnded(_("%s已退出。") % seat.name)
    if not seat.from_date <= on <= localdate(at):
        raise Invalid(_("退出日期应在加入之后、今天之前。"), field="on")
    seat.to_date = on
    seat.save(update_fields=["to_date"])
    return seat


def may_found(by: User, land: Region) -> bool:
    """Say whether somebody may found bodies on land."""
    return not roles_over(by, land.path).isdisjoint(FOUNDERS)


__all__ = [
    "BadBody", "BadCharter", "SeatEnded", "SeatTaken", "adopt_charter", "end_seat", "found_bodies",
    "found_body", "load_rules", "may_found", "seat_member", "set_convener",
]  # fmt: skip
