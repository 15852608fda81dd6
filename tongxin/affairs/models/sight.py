"""Who sees the registers of a unit's affairs: those who keep or read them, and oneself."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tongxin.orgs.scope import READERS, REGISTRARS, unit_reach


class UnitRows(models.QuerySet):
    """Rows of a unit (`unit`), read by its committee and by who keeps its registers."""

    def visible_to(self, actor) -> UnitRows:
        return self.filter(unit_reach(actor, READERS, column="unit__path"))


class SensitiveRows(models.QuerySet):
    """Rows about one member (`membership`): for who keeps the registers, and the member."""

    def visible_to(self, actor) -> SensitiveRows:
        return self.filter(
            unit_reach(actor, REGISTRARS, column="unit__path")
            | Q(membership__person__user=actor.pk)
        )
