"""A unit's party organisation reports to the community where it sits (S2.36, S2.37, S3.22)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Invalid, NotPermitted, Refused, Stale
from tongxin.kit.text import clean_text, normal_phone
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import LogEntry, Org
from tongxin.orgs.scope import keeps_register
from tongxin.regions.models import Region

from ..models import UnitReport
from ..queries.people import desk_people
from ..queries.rules import number
from ..scope import at_desk
from .common import months_later, only_community, only_desk

State = UnitReport.State


class NotAPartyUnit(Invalid):
    """A unit reports by its party organisation."""


class OutsideArea(Invalid):
    """The unit does not sit in the community."""


class NotYourUnit(NotPermitted):
    """A report is filed by the unit's own party organisation, or by the community."""


class UnitReportedAlready(Refused):
    """A unit reports to a community once."""


class UnitNotWaiting(Stale):
    """The report is not in the state that this needs."""


@transaction.atomic
def report_unit(
    *,
    unit: Org,
    community: Region,
    contact: str,
    by: User,
    at: datetime,
    phone: str = "",
    resident: Org | None = None,
    offers: str = "",
) -> UnitReport:
    """File a unit's report; the community's own filing (it knocked at the door) is confirmed at once.

    :raises NotAPartyUnit: for an organisation that is none
    :raises OutsideArea: if the unit sits elsewhere
    :raises NotYourUnit: if `by` keeps neither the unit's register nor the community's desk
    :raises UnitReportedAlready: while another report stands
    """
    _check_place(unit, community)
    by_desk = at_desk(by, community.path)
    if not by_desk and not keeps_register(by, unit.path):
        raise NotYourUnit(_("只能由本单位党组织或所在社区办理报到。"))
    Org.objects.select_for_update().only("pk").get(pk=unit.pk)
    if UnitReport.objects.filter(unit=unit, community=community).exclude(state="ended").exists():
        raise UnitReportedAlready(_("%s已经在这个社区报到。") % unit.name, field="unit")
    today = localdate(at)
    report = UnitReport.objects.create(
        unit=unit,
        resident=resident,
        community=community,
        contact=clean_text(contact, limit=40, field_label=_("联系人"), required=True),
        phone_sealed=sealer().seal(normal_phone(phone)) if phone else "",
        offers=clean_text(offers, limit=300, field_label=_("资源"), multiline=True),
        filed_at=at,
        filed_by=by,
        renew_by=months_later(today, number("unit_renewal_months", today)),
    )
    if by_desk:
        return confirm_unit(report=report, by=by, at=at)
    tell(
        users=desk_people(community.path, today),
        title=_("有单位报到，等您确认"),
        text=_("%s报到，请联系对接后确认。") % unit.name,
        url=reverse("dual_report:unit", args=[report.pk]),
        key=f"report-in.unit:{report.pk}",
        at=at,
    )
    return report


def _check_place(unit: Org, community: Region) -> None:
    if unit.kind != Org.Kind.PARTY or unit.dissolved_on is not None:
        raise NotAPartyUnit(_("请选择单位的党组织。"), field="unit")
    only_community(community)
    seat = unit.region.path
    if not (seat.startswith(community.path) or community.path.startswith(seat)):
        raise OutsideArea(
            _("%(unit)s不在%(community)s，不能在这里报到。")
            % {"unit": unit.name, "community": community.short_name},
            field="community",
        )


@transaction.atomic
def confirm_unit(*, report: UnitReport, by: User, at: datetime) -> UnitReport:
    """The community has met the unit and takes the report; it enters the unit's life log.

    :raises NotYourCommunity: for who acts elsewhere
    :raises UnitNotWaiting: if it does not wait to be confirmed
    """
    report = _locked(report, State.FILED)
    only_desk(by, report.community.path)
    report.state, report.confirmed_at, report.confirmed_by = State.CONFIRMED, at, by
    report.save(update_fields=["state", "confirmed_at", "confirmed_by"])
    write_log(
        unit=report.unit,
        kind=LogEntry.Kind.SERVICE,
        text=_("到%s报到") % report.community.short_name,
        at=at,
        recorded_at=at,
        source=f"dual_report.unitreport:{report.pk}",
        key=f"report-in.unit:{report.pk}",
        actor=by,
    )
    return report


@transaction.atomic
def renew_unit(*, report: UnitReport, by: User, at: datetime) -> UnitReport:
    """Good for another period (S3.22); by the unit or the community.

    :raises NotYourUnit: for anybody else
    """
    report = _locked(report, State.CONFIRMED)
    if not at_desk(by, report.community.path) and not keeps_register(by, report.unit.path):
        raise NotYourUnit(_("只能由本单位党组织或所在社区续报。"))
    today = localdate(at)
    report.renew_by = months_later(today, number("unit_renewal_months", today))
    report.save(update_fields=["renew_by"])
    return report


@transaction.atomic
def end_unit(*, report: UnitReport, note: str, by: User, at: datetime) -> UnitReport:
    """End a report: the unit moved away, or the community does not take it; with a sentence.

    :raises NotYourCommunity: for who acts elsewhere
    :raises Missing: without the sentence
    """
    report = _locked(report, State.FILED, State.CONFIRMED)
    only_desk(by, report.community.path)
    report.end_note = clean_text(note, limit=100, field_label=_("原因"), required=True)
    report.state, report.ended_on = State.ENDED, localdate(at)
    report.save(update_fields=["state", "ended_on", "end_note"])
    return report


def _locked(report: UnitReport, *states: str) -> UnitReport:
    rows = UnitReport.objects.select_for_update(of=("self",))
    found = rows.select_related("unit", "community").get(pk=report.pk)
    if found.state not in states:
        raise UnitNotWaiting(_("这条报到的状态已是“%s”，请刷新页面。") % found.get_state_display())
    return found
