"""The register of members, as a file of development moves it; the register itself is orgs'."""

from __future__ import annotations

from datetime import date, datetime

from tongxin.accounts.models import User
from tongxin.orgs.actions import advance_stage, end_membership, enrol_member
from tongxin.orgs.models import Membership, Org

from .common import require_keeper, require_party, require_past

Stage = Membership.Stage


def place_applicant(
    *, unit: Org, name: str, born_on: date, applied_on: date, at: datetime, by: User
) -> Membership:
    """Write somebody who applies into the register of a branch; they are no member yet."""
    require_party(unit)
    require_keeper(by, unit)
    require_past(applied_on, at, "applied_on")
    return enrol_member(
        unit=unit,
        stage=Stage.APPLICANT,
        from_date=applied_on,
        at=at,
        by=by,
        person={"name": name, "born_on": born_on},
        days={"applied_on": applied_on},
    )


def reach_stage(*, membership: Membership, stage: str, on: date, at: datetime, by: User) -> None:
    """Advance a membership to a stage from a day on, unless the register has it there already."""
    if Membership.objects.filter(pk=membership.pk, stage=stage).exists():
        return
    advance_stage(membership=membership, stage=stage, on=on, at=at, by=by)


def end_applicant(*, membership: Membership, on: date, at: datetime, by: User) -> None:
    """End the place of somebody who is developed no further (终止培养)."""
    end_membership(membership=membership, reason=Membership.End.ENDED, on=on, at=at, by=by)
