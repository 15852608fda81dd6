"""A member reports to the community where they live; the community confirms; renewal, moving, leaving."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused, Stale
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import LogEntry, Membership, Person
from tongxin.orgs.scope import keeps_register
from tongxin.regions.models import Region

from ..models import DutyTurn, MemberReport, RosterPost
from ..models.rosters import Times
from ..queries.people import desk_people
from ..queries.rules import checked_kind, number
from .common import months_later, only_another, only_community, only_desk

State, End = MemberReport.State, MemberReport.End


class NotAMember(Invalid):
    """Only members, full or probationary, report in."""


class NotYourMember(NotPermitted):
    """A report is filed by the member, or by who keeps the register of their branch."""


class AlreadyReported(Refused):
    """A member reports to one community at a time."""


class NotAgreed(Invalid):
    """What is kept and why was not agreed to."""


class GridElsewhere(Invalid):
    """The grid lies in another community."""


class NotWaiting(Stale):
    """The report is not in the state that this needs."""


@transaction.atomic
def report_member(
    *,
    person: Person,
    community: Region,
    by: User,
    at: datetime,
    agreed: bool,
    grid: Region | None = None,
    wants: Collection[str] = (),
    times: Collection[str] = (),
    note: str = "",
) -> MemberReport:
    """File a member's report to the community where they live, whatever their home branch (S0.41).

    :raises NotAMember: for somebody without a standing membership
    :raises NotYourMember: if `by` is neither the member nor keeps the branch's register
    :raises AlreadyReported: while another report stands
    :raises NotAgreed: if they were not told what is kept, or did not agree (PIPL §14, §29)
    """
    membership = _membership(person, by)
    if not agreed:
        raise NotAgreed(_("请先阅读并同意信息使用说明，再报到。"), field="agreed")
    only_community(community)
    if grid is not None and not grid.path.startswith(community.path):
        raise GridElsewhere(_("所选网格不在这个社区，请重新选择。"), field="grid")
    Person.objects.select_for_update().only("pk").get(pk=person.pk)  # one report at a time
    _refuse_second(person)
    today = localdate(at)
    report = MemberReport.objects.create(
        person=person,
        membership=membership,
        unit_id=membership.unit_id,
        community=community,
        grid=grid,
        wants=[checked_kind("service", code, today, field="wants") for code in wants],
        times=_checked_times(times),
        note=clean_text(note, limit=100, field_label=_("特长")),
        filed_at=at,
        filed_by=by,
        agreed_at=at,
        renew_by=months_later(today, number("member_renewal_months", today)),
    )
    tell(
        users=desk_people(community.path, today),
        title=_("有党员报到，等您确认"),
        text=_("请核对是否居住在本社区，再确认报到。"),
        url=reverse("dual_report:desk"),
        key=f"report-in.filed:{report.pk}",
        at=at,
    )
    return report


def _membership(person: Person, by: User) -> Membership:
    rows = Membership.objects.members().filter(person=person).select_related("unit")
    membership = rows.first()
    if membership is None:
        raise NotAMember(_("党员名册里没有这位同志，请先由所在党支部登记组织关系。"))
    if by.pk != person.user_id and not keeps_register(by, membership.unit.path):
        raise NotYourMember(_("只能由本人或所在党组织办理报到。"))
    return membership


def _refuse_second(person: Person) -> None:
    standing = MemberReport.objects.open().filter(person=person).select_related("community")
    if (found := standing.first()) is not None:
        raise AlreadyReported(
            _("已经向%s报到，不用重复报到。") % found.community.short_name,
            remedy=_("搬家了？请在报到页选“搬家改报”。"),
        )


def _checked_times(times: Collection[str]) -> list[str]:
    unknown = [one for one in times if one not in Times.values]
    if unknown:
        raise Invalid(_("没有“%s”这个时间，请从列表里选择。") % unknown[0], field="times")
    return list(times)


def _locked(report: MemberReport, *states: str) -> MemberReport:
    """Return the report under a lock, if it stands in one of the states.

    :raises NotWaiting: if it does not
    """
    rows = MemberReport.objects.select_for_update(of=("self",))
    found = rows.select_related("person", "community", "unit").get(pk=report.pk)
    if found.state not in states:
        raise NotWaiting(_("这条报到的状态已是“%s”，请刷新页面。") % found.get_state_display())
    return found


@transaction.atomic
def confirm_member(*, report: MemberReport, by: User, at: datetime) -> MemberReport:
    """The community has checked that the member lives there.

    :raises NotYourCommunity, NotOnesOwn: for who acts elsewhere, and for the member
    :raises NotWaiting: if it does not wait to be confirmed
    """
    report = _locked(report, State.FILED)
    only_desk(by, report.community.path)
    only_another(by, report.person.user_id)
    report.state, report.confirmed_at, report.confirmed_by = State.CONFIRMED, at, by
    report.save(update_fields=["state", "confirmed_at", "confirmed_by"])
    write_log(
        unit=report.unit,
        kind=LogEntry.Kind.SERVICE,
        text=_("一名党员到%s报到") % report.community.short_name,
        at=at,
        recorded_at=at,
        source=f"dual_report.memberreport:{report.pk}",
        key=f"report-in.member:{report.pk}",
        actor=by,
    )
    _tell_member(
        report,
        title=_("报到已确认"),
        text=_("%s已确认您的报到，可以认领岗位、参加轮值了。") % report.community.short_name,
        key=f"report-in.confirmed:{report.pk}",
        at=at,
    )
    return report


@transaction.atomic
def renew_member(*, report: MemberReport, by: User, at: datetime) -> MemberReport:
    """Say that one still lives there and still serves: good for another period (S3.22).

    :raises NotYourMember: if `by` is neither the member nor keeps the branch's register
    """
    report = _locked(report, State.CONFIRMED)
    _only_own_side(report, by)
    today = localdate(at)
    report.renew_by = months_later(today, number("member_renewal_months", today))
    report.reminded_at = None
    report.save(update_fields=["renew_by", "reminded_at"])
    return report


@transaction.atomic
def end_member(
    *, report: MemberReport, reason: str, by: User | None, at: datetime, note: str = ""
) -> MemberReport:
    """End a report: refused by the community with a note, withdrawn, lapsed, or the member left.

    Turns to come are cancelled, rosters left; what the member wished is wiped after `erase_months`.

    :raises NotYourCommunity: if who refuses does not act for the community
    :raises NotYourMember: if another than the member (or their branch) withdraws
    :raises Missing: for a refusal without a sentence
    """
    report = _locked(report, State.FILED, State.CONFIRMED)
    if reason == End.REFUSED:
        only_desk(by, report.community.path)  # type: ignore[arg-type]
        note = clean_text(note, limit=100, field_label=_("原因"), required=True)
    elif by is not None:
        _only_own_side(report, by)
    today = localdate(at)
    report.state, report.end, report.ended_at, report.end_note = State.ENDED, reason, at, note
    report.erase_on = months_later(today, number("erase_months", today))
    report.save(update_fields=["state", "end", "ended_at", "end_note", "erase_on"])
    posts = RosterPost.objects.filter(report=report, left_on__isnull=True)
    DutyTurn.objects.filter(post__in=posts, state=DutyTurn.State.PLANNED, starts_at__gt=at).update(
        state=DutyTurn.State.CANCELLED
    )
    posts.update(left_on=today)
    if reason in (End.REFUSED, End.LAPSED):
        words = {
            End.REFUSED: _("%(place)s没有确认您的报到：%(note)s")
            % {"place": report.community.short_name, "note": note},
            End.LAPSED: _("到期没有续报，已自动结束。还住在这里的话，请重新报到。"),
        }
        _tell_member(
            report, title=_("报到已结束"), text=words[End(reason)],
            key=f"report-in.ended:{report.pk}", at=at,
        )  # fmt: skip
    return report


@transaction.atomic
def move_member(
    *, report: MemberReport, community: Region, by: User, at: datetime, grid: Region | None = None
) -> MemberReport:
    """Moved house: end the report where one lived and file one where one lives now.

    :raises NotACommunity, AlreadyReported, NotYourMember: as in `report_member`
    """
    if report.community_id == community.pk:
        raise AlreadyReported(_("您已经在%s报到。") % community.short_name, field="community")
    old = end_member(report=report, reason=End.MOVED, by=by, at=at)
    return report_member(
        person=old.person, community=community, grid=grid, wants=old.wants, times=old.times,
        note=old.note, agreed=True, by=by, at=at,
    )  # fmt: skip


def _only_own_side(report: MemberReport, by: User) -> None:
    if by.pk != report.person.user_id and not keeps_register(by, report.unit.path):
        raise NotYourMember(_("只能由本人或所在党组织办理。"))


def _tell_member(report: MemberReport, *, title: str, text: str, key: str, at: datetime) -> None:
    user = report.person.user
    if user is not None:
        tell(users=[user], title=title, text=text, url=reverse("dual_report:me"), key=key, at=at)
