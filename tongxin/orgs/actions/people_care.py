"""Looking after members: away from home, in pairs, and as they grow."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text

from ..models import (
    GrowthEntry,
    MemberPairing,
    Membership,
    MobileStay,
    Org,
    PairingVisit,
    Person,
)
from ..queries import keeps_person, member_rule, registrars_of, standing_membership
from ..scope import keeps_register
from .people import NotRegistrar, must_keep, must_keep_person
from .people_members import (
    AlreadySo,
    BadMemberDates,
    NotYetAMember,
    check_holds_members,
    locked,
)


class NotYours(NotPermitted):
    """A pairing is followed by its helper and by who keeps the registers."""


class NotInNeed(Refused):
    """Pairings are for old members and members in hardship."""


class TooManyPairings(Refused):
    """One member stands by a few, so that each is really visited."""


class BadPairing(Invalid):
    """Two different members make a pairing."""


@transaction.atomic
def mark_mobile(
    *,
    membership: Membership,
    since: date,
    place: str,
    why: str,
    at: datetime,
    by: User | None,
    certificate: str = "",
    contact: str = "",
) -> MobileStay:
    """Say that a member lives elsewhere since a day; `contact` is who of the branch keeps in touch.

    :raises NotRegistrar, MembershipOver, NotYetAMember, AlreadySo, BadMemberDates: as their names say
    """
    membership = locked(membership)
    must_keep(by, membership.unit)
    if membership.stage not in Membership.MEMBERS:
        raise NotYetAMember(_("还没有入党，不能登记为流动党员。"))
    if membership.is_mobile:
        raise AlreadySo(_("已登记为流动党员，请先登记返回。"), field="since")
    if since > localdate(at):
        raise BadMemberDates(_("外出日期不能晚于今天。"), field="since")
    stay = MobileStay.objects.create(
        membership=membership,
        since=since,
        place=clean_text(place, limit=80, field_label=_("外出地点"), required=True),
        why=why,
        certificate=clean_text(certificate, limit=30, field_label=_("活动证编号")),
        contact=clean_text(contact, limit=40, field_label=_("支部联系人")),
    )
    membership.is_mobile = True
    membership.save(update_fields=["is_mobile"])
    _audit("mobile", f"membership:{membership.pk}", at, by)
    return stay


@transaction.atomic
def report_here(*, stay: MobileStay, host: Org, on: date, at: datetime, by: User) -> MobileStay:
    """Say that a mobile member has reported to the branch where they are, which looks after them.

    By the host branch, the home branch, or the member. The home branch is told.

    :raises NotRegistrar: for anybody else
    :raises AlreadySo: if they are back, or reported there already
    :raises CannotHoldMembers: if the host is no standing branch
    """
    stay = _stay(stay)
    may = {stay.membership.person.user_id} == {by.pk} or any(
        keeps_register(by, unit.path) for unit in (stay.membership.unit, host)
    )
    if not may:
        raise NotRegistrar(_("流动党员报到由本人、流出地或流入地党组织登记。"))
    if host.pk == stay.membership.unit_id:
        raise BadPairing(_("流入地党组织不能就是本支部。"), field="host")
    check_holds_members(host, on)
    if stay.host_id == host.pk:
        raise AlreadySo(_("已在“%s”报到。") % host, field="host")
    _check_day(on, stay.since, at, "on")
    stay.host, stay.reported_on, stay.last_contact_on = host, on, on
    stay.save(update_fields=["host", "reported_on", "last_contact_on"])
    _audit("mobile.report", f"membership:{stay.membership_id}", at, by)
    words = {"name": stay.membership.person.name, "host": host, "day": on}
    for unit in (stay.membership.unit, host):
        tell(
            users=registrars_of(unit, localdate(at)),
            title=_("流动党员已报到：%(name)s") % words,
            text=_("%(day)s 在“%(host)s”报到，参加那里的组织生活。") % words,
            url=reverse("orgs:person", args=[stay.membership.person_id]),
            key=f"stay:{stay.pk}:{host.pk}:{unit.pk}",
            at=at,
        )
    return stay


@transaction.atomic
def keep_contact(
    *, stay: MobileStay, on: date, at: datetime, by: User, note: str = ""
) -> MobileStay:
    """Write down that the home or host branch was in touch with a mobile member on a day.

    :raises NotRegistrar: unless `by` keeps the register of one of the two
    :raises AlreadySo, BadMemberDates: as their names say
    """
    stay = _stay(stay)
    units = [unit for unit in (stay.membership.unit, stay.host) if unit is not None]
    if not any(keeps_register(by, unit.path) for unit in units):
        raise NotRegistrar(_("联系记录由流出地或流入地党组织登记。"))
    _check_day(on, stay.since, at, "on")
    stay.last_contact_on = max(on, stay.last_contact_on or on)
    stay.save(update_fields=["last_contact_on"])
    note = clean_text(note, limit=200, field_label=_("说明"))
    detail = {"on": str(on), "note": note}
    _audit("mobile.contact", f"membership:{stay.membership_id}", at, by, detail)
    return stay


@transaction.atomic
def mark_back(*, stay: MobileStay, on: date, at: datetime, by: User | None) -> MobileStay:
    """Say that a mobile member is back at the home branch.

    :raises NotRegistrar, AlreadySo, BadMemberDates: as their names say
    """
    stay = _stay(stay)
    must_keep(by, stay.membership.unit)
    _check_day(on, stay.since, at, "on")
    stay.back_on = on
    stay.save(update_fields=["back_on"])
    Membership.objects.filter(pk=stay.membership_id).update(is_mobile=False)
    _audit("mobile.back", f"membership:{stay.membership_id}", at, by)
    return stay


def _stay(stay: MobileStay) -> MobileStay:
    found = (
        MobileStay.objects.select_for_update(of=("self",))
        .select_related("membership__person", "membership__unit", "host")
        .get(pk=stay.pk)
    )
    if found.back_on or found.membership.to_date:
        raise AlreadySo(_("这次外出已结束。"))
    return found


def _check_day(on: date, since: date, at: datetime, field: str) -> None:
    if on > localdate(at) or on < since:
        raise BadMemberDates(_("日期不能晚于今天，也不能早于 %s。") % since, field=field)


@transaction.atomic
def pair_members(
    *, helper: Person, helped: Person, aim: str, since: date, at: datetime, by: User | None
) -> MemberPairing:
    """Let a member stand by an old member or one in hardship (结对帮扶).

    :raises NotRegistrar: unless `by` keeps the register of one of the two
    :raises BadPairing, NotYetAMember, NotInNeed, TooManyPairings, AlreadySo, BadMemberDates: as named
    """
    if by is not None and not (keeps_person(by, helper) or keeps_person(by, helped)):
        must_keep_person(by, helped)
    if helper.pk == helped.pk:
        raise BadPairing(_("帮扶党员和帮扶对象不能是同一个人。"), field="helper")
    if since > localdate(at):
        raise BadMemberDates(_("结对日期不能晚于今天。"), field="since")
    Person.objects.select_for_update().only("pk").get(pk=helper.pk)
    _check_pair(helper, helped, since)
    try:
        with transaction.atomic():
            pairing = MemberPairing.objects.create(
                helper=helper,
                helped=helped,
                since=since,
                aim=clean_text(aim, limit=200, field_label=_("帮扶内容"), required=True),
            )
    except IntegrityError as error:
        raise AlreadySo(_("他们已经结对。"), field="helper") from error
    _audit("pairing.start", f"pairing:{pairing.pk}", at, by)
    if helper.user:
        tell(
            users=[helper.user],
            title=_("您与%s结对") % helped.name,
            text=pairing.aim,
            url=reverse("orgs:me"),
            key=f"pairing:{pairing.pk}",
            at=at,
        )
    return pairing


def _check_pair(helper: Person, helped: Person, since: date) -> None:
    mine, theirs = standing_membership(helper), standing_membership(helped)
    if mine is None or mine.stage not in Membership.MEMBERS:
        raise NotYetAMember(_("帮扶党员应是在册党员。"), field="helper")
    if theirs is None or not (theirs.is_hardship or theirs.is_veteran):
        raise NotInNeed(
            _("结对帮扶的对象是老党员、困难党员。"),
            field="helped",
            remedy=_("请先在其页面登记“老党员”或“困难党员”。"),
        )
    most = member_rule("pairings_most", since).value
    if helper.helps.filter(until__isnull=True).exclude(helped=helped).count() >= most:
        raise TooManyPairings(
            _("%(name)s已结对 %(most)d 人，请另选一名党员。") % {"name": helper.name, "most": most},
            field="helper",
        )


@transaction.atomic
def write_visit(
    *, pairing: MemberPairing, on: date, text: str, at: datetime, by: User
) -> PairingVisit:
    """Write down a visit of a pairing, by its helper or by who keeps the register of one of them.

    :raises NotYours: for anybody else
    :raises AlreadySo: if the pairing has ended, or a visit of that day is written
    :raises BadMemberDates: for a day ahead or before the pairing
    """
    pairing = _pairing(pairing)
    _must_follow(pairing, by)
    _check_day(on, pairing.since, at, "on")
    try:
        with transaction.atomic():
            visit = PairingVisit.objects.create(
                pairing=pairing,
                on=on,
                text=clean_text(text, limit=300, field_label=_("情况"), required=True),
                by=by,
                recorded_at=at,
            )
    except IntegrityError as error:
        raise AlreadySo(_("这一天的走访已经记录。"), field="on") from error
    last = max(on, pairing.last_visit_on or on)
    MemberPairing.objects.filter(pk=pairing.pk).update(
        visits_made=F("visits_made") + 1, last_visit_on=last
    )
    return visit


@transaction.atomic
def end_pairing(
    *, pairing: MemberPairing, on: date, outcome: str, at: datetime, by: User | None
) -> MemberPairing:
    """End a pairing, saying what came of it.

    :raises NotYours: unless `by` keeps the register of one of the two
    :raises AlreadySo, BadMemberDates: as their names say
    """
    pairing = _pairing(pairing)
    if by is not None:
        _must_follow(pairing, by, helper_too=False)
    _check_day(on, pairing.since, at, "on")
    pairing.until = on
    pairing.outcome = clean_text(outcome, limit=200, field_label=_("帮扶成效"), required=True)
    pairing.save(update_fields=["until", "outcome"])
    _audit("pairing.end", f"pairing:{pairing.pk}", at, by)
    return pairing


def _pairing(pairing: MemberPairing) -> MemberPairing:
    found = (
        MemberPairing.objects.select_for_update(of=("self",))
        .select_related("helper", "helped")
        .get(pk=pairing.pk)
    )
    if found.until is not None:
        raise AlreadySo(_("这次结对已于 %s 结束。") % found.until)
    return found


def _must_follow(pairing: MemberPairing, by: User, *, helper_too: bool = True) -> None:
    if helper_too and pairing.helper.user_id == by.pk:
        return
    if not (keeps_person(by, pairing.helper) or keeps_person(by, pairing.helped)):
        raise NotYours(_("结对帮扶由帮扶党员本人和双方党组织记录。"))


@transaction.atomic
def add_growth(
    *, person: Person, kind: str, on: date, text: str, at: datetime, by: User | None
) -> GrowthEntry:
    """Write down how the party unit helped a member on: hired, trained, grown into a key worker.

    The unit is the one whose register the person stands in.

    :raises NotRegistrar: unless `by` keeps that register
    :raises NotYetAMember: if the person stands in none
    :raises BadMemberDates, AlreadySo: as their names say
    """
    must_keep_person(by, person)
    held = standing_membership(person)
    if held is None:
        raise NotYetAMember(_("此人没有在册的组织关系。"))
    if on > localdate(at):
        raise BadMemberDates(_("日期不能晚于今天。"), field="on")
    text = clean_text(text, limit=120, field_label=_("内容"), required=True)
    try:
        with transaction.atomic():
            entry = GrowthEntry.objects.create(
                person=person, unit=held.unit, kind=kind, on=on, text=text, by=by
            )
    except IntegrityError as error:
        raise AlreadySo(_("这一条已经记录。"), field="text") from error
    _audit("growth.add", f"person:{person.pk}", at, by, {"kind": kind})
    return entry


def _audit(
    word: str, about: str, at: datetime, by: User | None, detail: dict | None = None
) -> None:
    audit(actor=by, action=f"member.{word}", object=about, detail=detail or {}, at=at)
