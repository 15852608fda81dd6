"""People who live in a grid for a time (流动人口, S0.33): the least that is needed, for as long as needed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.regions.models import Region

from ..scope import duty_paths, own_grids, paths_q
from .files import CareFile, Impact

User = settings.AUTH_USER_MODEL


class StayQuerySet(models.QuerySet["Stay"]):
    def visible_to(self, actor) -> StayQuerySet:
        """Return those of the actor's grid or community; one's own by `queries.own_stays`."""
        if actor is None or not actor.is_authenticated:
            return self.none()
        return self.filter(paths_q((*own_grids(actor), *duty_paths(actor)), "area"))

    def standing(self) -> StayQuerySet:
        return self.filter(closed_at__isnull=True)


class Stay(models.Model):
    """Somebody's time in a grid: sealed name, telephone and door; what they want help with."""

    class State(models.TextChoices):
        ASKED = "asked", _("待网格员核对")
        CONFIRMED = "confirmed", _("已登记")
        REFUSED = "refused", _("未通过")
        ENDED = "ended", _("已离开")

    class Why(models.TextChoices):
        WORK = "work", _("务工就业")
        BUSINESS = "business", _("经商")
        STUDY = "study", _("求学、陪读")
        FAMILY = "family", _("投靠亲属")
        OTHER = "other", _("其他")

    id = models.UUIDField(primary_key=True)
    grid = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("网格"))
    area = models.CharField(max_length=40, db_index=True)
    building = models.CharField(_("楼栋"), max_length=40, blank=True, default="")
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="stays")
    name_sealed = models.TextField(blank=True, default="")
    phone_sealed = models.TextField(blank=True, default="")
    phone_index = models.CharField(max_length=64, blank=True, default="")
    door_sealed = models.TextField(blank=True, default="")
    why = models.CharField(_("居住事由"), max_length=8, choices=Why)
    impact = models.ForeignKey(Impact, models.PROTECT, related_name="stays", verbose_name=_("目的"))
    basis = models.CharField(_("依据"), max_length=8, choices=CareFile.Basis)
    consent = models.CharField(_("同意书版本"), max_length=20, blank=True, default="")
    since = models.DateField(_("居住自"))
    until = models.DateField(_("预计至"))
    state = models.CharField(_("状态"), max_length=10, choices=State)
    made_at = models.DateTimeField(_("登记时间"))
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("登记人"))
    judged_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    judged_at = models.DateTimeField(_("核对时间"), null=True)
    note = models.CharField(_("说明"), max_length=200, blank=True, default="")
    asked_again_at = models.DateTimeField(_("到期询问"), null=True)
    closed_at = models.DateTimeField(null=True)
    forget_on = models.DateField(null=True)
    forgotten_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=120, blank=True, default="")

    objects = StayQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("流动人口登记")
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="stay_made_once"),
            models.UniqueConstraint(
                fields=["phone_index"],
                condition=Q(closed_at__isnull=True) & ~Q(phone_index=""),
                name="one_stay_of_a_phone",
            ),
            models.CheckConstraint(condition=Q(until__gte=F("since")), name="stay_until_after"),
        ]
        indexes = [
            models.Index(fields=["until"], name="stay_ends", condition=Q(closed_at__isnull=True))
        ]

    def __str__(self) -> str:
        return str(self.pk)


class StayServiceQuerySet(models.QuerySet["StayService"]):
    def visible_to(self, actor) -> StayServiceQuerySet:
        return self.filter(stay__in=Stay.objects.visible_to(actor))


class StayService(models.Model):
    """Help given to somebody here for a time: 居住证, school, work, housing."""

    class Kind(models.TextChoices):
        PERMIT = "permit", _("居住证")
        SCHOOL = "school", _("子女入学")
        WORK = "work", _("就业")
        HOUSING = "housing", _("租房、住房")
        HEALTH = "health", _("医保、卫生")
        OTHER = "other", _("其他")

    stay = models.ForeignKey(Stay, models.PROTECT, related_name="services")
    kind = models.CharField(_("服务"), max_length=8, choices=Kind)
    asked_at = models.DateTimeField(_("提出时间"))
    done_at = models.DateTimeField(_("办成时间"), null=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    note = models.CharField(_("结果"), max_length=120, blank=True, default="")

    objects = StayServiceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("流动人口服务")
