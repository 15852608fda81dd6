"""“光荣在党50年”纪念章 (S2.14): who is to have one, and the proof that it came into their hands."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Membership
from tongxin.orgs.scope import READERS, unit_reach


class MedalQuerySet(models.QuerySet["Medal"]):
    def visible_to(self, actor) -> MedalQuerySet:
        """Return those of the units whose registers the actor may read, and one's own."""
        kept = unit_reach(actor, READERS, column="membership__unit__path")
        return self.filter(kept | Q(membership__person__user=actor.pk))


class Medal(models.Model):
    """A medal for a member of fifty years; delivered only with a photo or a signed slip."""

    membership = models.OneToOneField(Membership, models.PROTECT, related_name="medal")
    eligible_on = models.DateField(_("满 50 年日期"))
    listed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    listed_at = models.DateTimeField(_("列入名单时间"))
    delivered_on = models.DateField(_("送达日期"), null=True)
    place = models.CharField(_("颁发地点"), max_length=100, blank=True, default="")
    deliverer = models.CharField(_("颁发人"), max_length=40, blank=True, default="")
    delivered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    recorded_at = models.DateTimeField(null=True)

    objects = MedalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("光荣在党50年纪念章")

    def __str__(self) -> str:
        return str(self.membership)
