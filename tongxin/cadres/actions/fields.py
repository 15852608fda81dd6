"""Which temporary party unit somebody belongs to while they serve away from home (S0.20)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Refused
from tongxin.orgs.models import Org, UnitKind
from tongxin.orgs.scope import keeps_register

from ..models import Secondment, SecondmentEvent
from .ending import write_events
from .secondments import NotYours, _locked, may_direct

FIELD_KINDS = (UnitKind.BRANCH, UnitKind.GROUP, UnitKind.TASK_FORCE)


class NotAFieldUnit(Refused):
    """Only a standing temporary unit on the land where somebody serves takes them in."""


def may_join(actor: User, row: Secondment) -> bool:
    """Say whether the actor puts somebody into a unit: the direction, or who keeps units there."""
    return may_direct(actor, row) or keeps_register(actor, row.office.path)


def field_units(row: Secondment):
    """Return the temporary units on the land where somebody serves, or above it."""
    parts = [part for part in row.community.path.split("/") if part]
    above = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
    rows = Org.objects.units().filter(is_temporary=True, unit_kind__in=FIELD_KINDS)
    return rows.filter(region__path__in=above).order_by("-region__path", "pk")


@transaction.atomic
def join_field_unit(*, secondment: Secondment, unit: Org | None, at: datetime, by: User) -> None:
    """Put somebody who serves into a temporary unit of the place, or take them out (None).

    Membership stays with the home branch; this says only with whom they hold organisation life.

    :raises NotYours, NotServing, NotAFieldUnit: as their names say
    """
    row = _locked(secondment)
    if not (may_direct(by, row) or (unit is not None and keeps_register(by, unit.path))):
        raise NotYours(_("由行动的指挥方，或管这个临时党组织的人编入"))
    if unit is not None:
        if unit.pk not in field_units(row).values_list("pk", flat=True):
            words = {"unit": unit.name, "place": row.community}
            raise NotAFieldUnit(
                _("“%(unit)s”不是%(place)s的临时党组织") % words, field="unit",
                remedy=_("请先在组织名册里设立临时党支部或突击队"),
            )  # fmt: skip
        if unit.expires_on is not None and unit.expires_on < localdate(at):
            raise NotAFieldUnit(_("“%s”已经到期，请先延期") % unit.name, field="unit")
    if row.field_unit_id == (unit.pk if unit else None):
        return
    row.field_unit = unit
    row.save(update_fields=["field_unit"])
    text = _("编入%s") % unit.name if unit else _("退出临时党组织")
    write_events([row], SecondmentEvent.Kind.JOINED, text, note="", at=at, by=by)
