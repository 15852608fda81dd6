"""The structure of a street's offices: set up, amended, reformed in one act; nothing is lost (S4.64)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.tables import read_table
from tongxin.kit.text import clean_text

from ..models import (
    DutyMove,
    OfficeChange,
    OfficeDuty,
    OfficeKind,
    OfficeSeat,
    OfficeStandard,
    Org,
    Post,
    StreetOffice,
)
from ..scope import roles_over

STANDARDS = Path(__file__).parent.parent / "data" / "street_offices.csv"
MOST_POSTS = 500


class BadOffice(Invalid):
    """An office needs a name, a kind, a number of posts and a day; it stands in a street's government."""


class OfficeTaken(Refused):
    """The street has an office of this name already."""


class OfficeGone(Refused):
    """The office has been merged or dissolved."""


class DutyTaken(Refused):
    """The duty belongs to an office of the street already: a duty has one office."""


class DutyLeft(Refused):
    """A duty of an office that ends would be left without one."""


class SeatOfAnother(Refused):
    """The post is seated in an office, or the office has a head."""


@dataclass(frozen=True)
class NewOffice:
    """What a street's office is to be. `duties` are sentences; `standard` a code of the set, or "":
    then the one of the same name, if there is one."""

    name: str
    kind: str = OfficeKind.OFFICE
    approved: int = 0
    duties: Sequence[str] = ()
    departments: Sequence[Org] = ()
    standard: str = ""


@dataclass(frozen=True)
class OfficePaper:
    """On what a change rests: the day it takes effect, the document, the reason."""

    on: date
    basis: str
    reason: str = ""


def load_office_standards() -> int:
    """Bring in the standard offices of the house's sheet that are not in yet; return how many.

    A version that is in is never altered.
    """
    have = set(OfficeStandard.objects.values_list("code", "version"))
    rows = [dict(row) for _line, row in read_table(STANDARDS, name=STANDARDS.name).rows]
    new = [row for row in rows if (row["code"], int(row["version"])) not in have]
    OfficeStandard.objects.bulk_create(
        OfficeStandard(
            **row
            | {
                "version": int(row["version"]),
                "duties": row["duties"].replace("；", "\n"),
                "effective_from": date.fromisoformat(row["effective_from"]),
                "is_sample": row["is_sample"] == "1",
            }
        )
        for row in new
    )
    return len(new)


def may_keep_offices(actor: User, street: Org) -> bool:
    """Say whether the actor keeps the offices of a street: its officer, or one above it."""
    return "officer" in roles_over(actor, street.region.path)


def _hold_street(street: Org, by: User) -> Org:
    """Return the street locked: its structure has one writer at a time."""
    held = Org.objects.select_for_update(of=("self",)).select_related("region").get(pk=street.pk)
    if not may_keep_offices(by, held):
        raise NotPermitted(_("由“%s”的街镇管理员办理") % held)
    if held.kind != Org.Kind.GOVERNMENT or held.region.level != "street" or held.dissolved_on:
        raise BadOffice(_("“%s”不是街道办事处或镇政府，不设内设机构") % held)
    return held


def _check_paper(paper: OfficePaper, at: datetime) -> OfficePaper:
    basis = clean_text(paper.basis, limit=120, field_label=_("依据"), required=True)
    reason = clean_text(paper.reason, limit=300, field_label=_("事由"), multiline=True)
    if paper.on > localdate(at):
        raise BadOffice(_("生效日期不能晚于今天"), field="on", remedy=_("到那一天再办理。"))
    return OfficePaper(paper.on, basis, reason)


def _duties(texts: Sequence[str]) -> list[str]:
    found = [clean_text(text, limit=200, field_label=_("职责")) for text in texts]
    found = [text for text in found if text]
    twice = next((text for n, text in enumerate(found) if text in found[:n]), "")
    if twice:
        raise DutyTaken(_("职责“%s”写了两遍") % twice, field="duties")
    return found


def _add_duties(office: StreetOffice, texts: Sequence[str]) -> None:
    texts = _duties(texts)
    rows = OfficeDuty.objects.filter(org=office.org_id, text__in=texts).select_related("office")
    if (taken := rows.first()) is not None:
        raise DutyTaken(
            _("职责“%(duty)s”已在“%(office)s”") % {"duty": taken, "office": taken.office},
            field="duties", remedy=_("一项职责只归一个机构；要换机构，请办理机构改革。"),
        )  # fmt: skip
    last = office.duties.order_by("-number").values_list("number", flat=True).first() or 0
    OfficeDuty.objects.bulk_create(
        OfficeDuty(org_id=office.org_id, office=office, number=n, text=text)
        for n, text in enumerate(texts, last + 1)
    )


def _make(street: Org, new: NewOffice, paper: OfficePaper) -> StreetOffice:
    name = clean_text(new.name, limit=40, field_label=_("名称"), required=True)
    if new.kind not in OfficeKind.values:
        raise BadOffice(_("请选择机构性质"), field="kind")
    _check_free(street, name)
    of_name = OfficeStandard.objects.filter(name=name).values_list("code", flat=True)
    office = StreetOffice.objects.create(
        org=street, name=name, kind=new.kind, approved=_count(new.approved), set_up_on=paper.on,
        basis=paper.basis, standard=new.standard or of_name.first() or "",
    )  # fmt: skip
    _set_departments(office, new.departments)
    _add_duties(office, new.duties)
    return office


def _check_free(street: Org, name: str, *, but: Sequence[int] = ()) -> None:
    rows = StreetOffice.objects.standing().filter(org=street, name=name)
    if rows.exclude(pk__in=but).exists():
        raise OfficeTaken(_("“%s”已经有这个机构") % name, field="name")


def _count(approved: int) -> int:
    if not 0 <= approved <= MOST_POSTS:
        raise BadOffice(_("核定数应在 0 到 %d 之间") % MOST_POSTS, field="approved")
    return approved


def _set_departments(office: StreetOffice, departments: Sequence[Org]) -> None:
    wrong = next((one for one in departments if one.kind != Org.Kind.DEPARTMENT), None)
    if wrong is not None:
        raise BadOffice(_("“%s”不是职能部门") % wrong, field="departments")
    office.departments.set(departments)


def _write(
    street: Org, kind: str, text: str, paper: OfficePaper, at: datetime, by: User
) -> OfficeChange:
    return OfficeChange.objects.create(
        org=street, kind=kind, text=text[:500], on=paper.on, basis=paper.basis,
        reason=paper.reason, at=at, by=by,
    )  # fmt: skip


@transaction.atomic
def set_up_office(
    *, street: Org, new: NewOffice, paper: OfficePaper, at: datetime, by: User
) -> StreetOffice:
    """Set up an office in a street. Raises NotPermitted, BadOffice, OfficeTaken, DutyTaken."""
    street = _hold_street(street, by)
    paper = _check_paper(paper, at)
    office = _make(street, new, paper)
    text = _("设立“%(name)s”，核定 %(n)d 名，职责 %(duties)d 项") % {
        "name": office, "n": office.approved, "duties": len(_duties(new.duties)),
    }  # fmt: skip
    _write(street, OfficeChange.Kind.SET_UP, text, paper, at, by)
    return office


def _hold_office(office: StreetOffice, by: User) -> tuple[Org, StreetOffice]:
    street = _hold_street(office.org, by)
    held = StreetOffice.objects.get(pk=office.pk)
    if held.ended_on:
        raise OfficeGone(_("“%s”已经撤并") % held)
    return street, held


@transaction.atomic
def amend_office(
    *,
    office: StreetOffice,
    name: str,
    approved: int,
    departments: Sequence[Org],
    paper: OfficePaper,
    at: datetime,
    by: User,
) -> OfficeChange | None:
    """Change the name, the approved posts or the counterparts; None where all is as it was.

    :raises NotPermitted, OfficeGone, OfficeTaken, BadOffice: as they say
    """
    street, held = _hold_office(office, by)
    paper = _check_paper(paper, at)
    name = clean_text(name, limit=40, field_label=_("名称"), required=True)
    _check_free(street, name, but=[held.pk])
    said = []
    if name != held.name:
        said.append(_("更名为“%s”") % name)
    if _count(approved) != held.approved:
        said.append(_("核定数由 %(a)d 改为 %(b)d") % {"a": held.approved, "b": approved})
    if {one.pk for one in departments} != set(held.departments.values_list("pk", flat=True)):
        names = "、".join(str(one) for one in departments) or _("无")
        said.append(_("对口部门改为%s") % names)
    if not said:
        return None
    text = f"“{held}”{'；'.join(said)}"
    held.name, held.approved = name, approved
    held.save(update_fields=["name", "approved"])
    _set_departments(held, departments)
    return _write(street, OfficeChange.Kind.AMEND, text, paper, at, by)


@transaction.atomic
def add_duties(
    *, office: StreetOffice, duties: Sequence[str], paper: OfficePaper, at: datetime, by: User
) -> OfficeChange:
    """Give an office more duties. Raises NotPermitted, OfficeGone, BadOffice, DutyTaken."""
    street, held = _hold_office(office, by)
    paper = _check_paper(paper, at)
    texts = _duties(duties)
    if not texts:
        raise BadOffice(_("请填写职责"), field="duties")
    _add_duties(held, texts)
    text = _("“%(name)s”增加职责：%(duties)s") % {"name": held, "duties": "；".join(texts)}
    return _write(street, OfficeChange.Kind.DUTY, text, paper, at, by)


@transaction.atomic
def seat_in_office(
    *, office: StreetOffice, post: Post, at: datetime, by: User, is_head: bool = False
) -> OfficeSeat:
    """Seat a post of the street in an office; a head follows the head before, who stays a member.

    :raises NotPermitted, OfficeGone: as they say
    :raises BadOffice: for a post of another organisation, or one that has ended
    :raises SeatOfAnother: where the post sits in another office
    """
    street, held = _hold_office(office, by)
    day = localdate(at)
    if not Post.objects.held_on(day).filter(pk=post.pk, org=street).exists():
        raise BadOffice(_("这个岗位不在“%s”，或已离任") % street, field="post")
    seat = OfficeSeat.objects.filter(post=post, to_date=None).select_related("office").first()
    if seat is not None and (seat.office_id != held.pk or seat.is_head == is_head):
        raise SeatOfAnother(
            _("“%(who)s”已在“%(office)s”") % {"who": post.user, "office": seat.office},
            field="post", remedy=_("先从原机构调出。"),
        )  # fmt: skip
    if is_head:
        _step_back(held, day)
    if seat is not None:
        _end(seat, day)
    return OfficeSeat.objects.create(office=held, post=post, is_head=is_head, from_date=day)


def _end(seat: OfficeSeat, day: date) -> None:
    seat.to_date = day
    seat.save(update_fields=["to_date"])


def _step_back(office: StreetOffice, day: date) -> None:
    """End the head's seat, and seat the same post as a member."""
    for seat in OfficeSeat.objects.filter(office=office, is_head=True, to_date=None):
        _end(seat, day)
        OfficeSeat.objects.create(office=office, post_id=seat.post_id, from_date=day)


@transaction.atomic
def leave_office(*, seat: OfficeSeat, at: datetime, by: User) -> None:
    """End a seat; the post of the street stays. Raises NotPermitted, SeatOfAnother."""
    _hold_street(seat.office.org, by)
    held = OfficeSeat.objects.get(pk=seat.pk)
    if held.to_date:
        raise SeatOfAnother(_("已经调出"))
    _end(held, localdate(at))


@transaction.atomic
def reform_offices(
    *,
    street: Org,
    closing: Sequence[StreetOffice],
    paper: OfficePaper,
    at: datetime,
    by: User,
    into: StreetOffice | NewOffice | None = None,
    moves: Mapping[int, StreetOffice | None] | None = None,
) -> OfficeChange:
    """Merge or dissolve offices on a day, in one act; the duties move along.

    `into` takes what is not said otherwise: all duties, people, counterparts and approved posts of
    those that close (a NewOffice brings its own number of posts). `moves` (duty's id → standing
    office, None: `into`) sends single duties elsewhere, also from offices that stay. A head who comes along is a
    member until made head.

    :raises NotPermitted, BadOffice, OfficeGone, OfficeTaken: as they say
    :raises DutyLeft: where a duty of a closing office has no office to go to
    """
    street = _hold_street(street, by)
    paper = _check_paper(paper, at)
    standing = {one.pk: one for one in StreetOffice.objects.standing().filter(org=street)}
    shut = _closing(closing, standing, paper)
    target = _target(street, into, shut, standing, paper)
    plan = _plan(street, shut, target, moves or {}, standing)
    change = _write(street, OfficeChange.Kind.REFORM, _sentence(shut, target, plan), paper, at, by)
    _carry_out(change, plan)
    for office in shut.values():
        if target is not None:
            target.departments.add(*office.departments.all())
        _close(office, target, paper.on, localdate(at))
    if target is not None and not isinstance(into, NewOffice):
        target.approved = _count(target.approved + sum(one.approved for one in shut.values()))
        target.save(update_fields=["approved"])
    return change


def _closing(
    closing: Sequence[StreetOffice], standing: Mapping[int, StreetOffice], paper: OfficePaper
) -> dict[int, StreetOffice]:
    for one in closing:
        if one.pk not in standing:
            raise OfficeGone(_("“%s”已经撤并，或不在这个街镇") % one, field="closing")
        if one.set_up_on > paper.on:
            raise BadOffice(
                _("“%(name)s”%(day)s 才设立，生效日期不能更早")
                % {"name": one, "day": one.set_up_on}, field="on",
            )  # fmt: skip
    return {one.pk: standing[one.pk] for one in closing}


def _target(
    street: Org,
    into: StreetOffice | NewOffice | None,
    shut: Mapping[int, StreetOffice],
    standing: Mapping[int, StreetOffice],
    paper: OfficePaper,
) -> StreetOffice | None:
    """Return the office that takes what comes, made where it is new; the old names are free for it."""
    if isinstance(into, NewOffice):
        StreetOffice.objects.filter(pk__in=shut).update(ended_on=paper.on)
        return _make(street, into, paper)
    if into is not None and (into.pk in shut or into.pk not in standing):
        raise BadOffice(_("“%s”不能承接：它这次撤并，或已不在") % into, field="into")
    return standing[into.pk] if into is not None else None


Plan = list[tuple[OfficeDuty, StreetOffice]]


def _plan(
    street: Org,
    shut: Mapping[int, StreetOffice],
    target: StreetOffice | None,
    moves: Mapping[int, StreetOffice | None],
    standing: Mapping[int, StreetOffice],
) -> Plan:
    """Return each duty that changes its office, with the office it goes to."""
    plan, left = [], []
    duties = OfficeDuty.objects.filter(org=street).select_related("office")
    for duty in duties.order_by("office__pk", "number"):
        goes = moves.get(duty.pk)
        if goes is not None and (goes.pk in shut or goes.pk not in standing):
            raise BadOffice(_("“%s”不能承接：它这次撤并，或已不在") % goes, field=f"duty_{duty.pk}")
        if goes is None and (duty.office_id in shut or duty.pk in moves):
            goes = target
            left += [duty] if goes is None else []
        if goes is not None and goes.pk != duty.office_id:
            plan.append((duty, goes))
    if left:
        raise DutyLeft(
            _("还有 %(n)d 项职责没有去处：%(duties)s")
            % {"n": len(left), "duties": "；".join(str(one) for one in left[:5])},
            remedy=_("选择承接机构，或给每一项职责选一个机构。"),
        )  # fmt: skip
    if not plan and not shut:
        raise BadOffice(_("没有要撤并的机构，也没有要划转的职责"), field="closing")
    return plan


def _sentence(shut: Mapping[int, StreetOffice], target: StreetOffice | None, plan: Plan) -> str:
    names = "、".join(f"“{one}”" for one in shut.values())
    if names and target is not None:
        said = _("%(names)s并入“%(target)s”") % {"names": names, "target": target}
    else:
        said = _("撤销%s") % names if names else _("调整职责分工")
    return said + "；" + _("划转职责 %d 项") % len(plan)


def _carry_out(change: OfficeChange, plan: Plan) -> None:
    DutyMove.objects.bulk_create(
        DutyMove(change=change, duty=duty, source=duty.office, target=goes) for duty, goes in plan
    )
    last: dict[int, int] = {}
    for duty, goes in plan:
        if goes.pk not in last:
            numbers = goes.duties.order_by("-number").values_list("number", flat=True)
            last[goes.pk] = numbers.first() or 0
        last[goes.pk] += 1
        duty.office, duty.number = goes, last[goes.pk]
    OfficeDuty.objects.bulk_update([duty for duty, _goes in plan], ["office", "number"])


def _close(office: StreetOffice, target: StreetOffice | None, on: date, day: date) -> None:
    seats = list(office.seats.filter(to_date=None))
    for seat in seats:
        _end(seat, day)
    if target is not None:
        OfficeSeat.objects.bulk_create(
            OfficeSeat(office=target, post_id=seat.post_id, from_date=day) for seat in seats
        )
    merged = StreetOffice.End.MERGED if target is not None else StreetOffice.End.DISSOLVED
    office.ended_on, office.end, office.successor = on, merged, target
    office.save(update_fields=["ended_on", "end", "successor"])
