"""The stage of a membership, as a file of development moves it. The register itself is orgs'."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import LogEntry, Membership, Org, Person

from .common import require_keeper, require_party, require_past

Stage = Membership.Stage


@transaction.atomic
def place_applicant(
    *, unit: Org, name: str, born_on: date, applied_on: date, at: datetime, by: User
) -> Membership:
    """Write somebody who applies into the register of a unit; they are no member yet."""
    require_party(unit)
    require_keeper(by, unit)
    require_past(applied_on, at, "applied_on")
    name = clean_text(name, limit=40, field_label=_("姓名"))
    person = Person.objects.create(name=name, born_on=born_on)
    return Membership.objects.create(
        person=person,
        unit=unit,
        stage=Stage.APPLICANT,
        from_date=applied_on,
        applied_on=applied_on,
    )


def reach_stage(*, membership: Membership, stage: str, on: date, at: datetime, by: User) -> None:
    """Advance a membership to a stage from a day on."""
    changes: dict[str, object] = {"stage": stage}
    if stage == Stage.PROBATIONARY:
        changes["admitted_on"] = on
    elif stage == Stage.FULL:
        changes["full_on"] = on
    Membership.objects.filter(pk=membership.pk).update(**changes)
    write_log(
        unit=membership.unit,
        kind=LogEntry.Kind.PEOPLE,
        text=_("一名同志成为%s") % Stage(stage).label,
        at=at,
        recorded_at=at,
        source=f"orgs.membership:{membership.pk}",
        key=f"affairs.stage:{membership.pk}:{stage}",
        actor=by,
    )


def end_applicant(*, membership: Membership, on: date, reason: str, at: datetime, by: User) -> None:
    """End the place of somebody who is developed no further (终止培养)."""
    Membership.objects.filter(pk=membership.pk, to_date__isnull=True).update(
        to_date=on, end=Membership.End.ENDED
    )
