"""What many have in common: findings of one sort grouped, and peer units that look at themselves."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.orgs.scope import LAND_ROLES, reach
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

from .findings import Finding, FindingKind, own_orgs


class FindingGroupQuerySet(models.QuerySet["FindingGroup"]):
    def visible_to(self, actor) -> FindingGroupQuerySet:
        """Return those of the land one overlooks: a unit that checks itself sees its own item only."""
        return self.filter(reach(actor, LAND_ROLES))


class FindingGroup(models.Model):
    """Findings that a person confirmed to be of one sort (共性问题), with the reason said then."""

    id = models.UUIDField(primary_key=True)
    title = models.CharField(_("名称"), max_length=120)
    text = models.TextField(_("共性表现"), blank=True, default="")
    kind = models.ForeignKey(
        FindingKind, models.PROTECT, null=True, related_name="+", verbose_name=_("类别")
    )
    why = models.CharField(_("归并理由"), max_length=300, blank=True, default="")
    region = models.ForeignKey(
        Region, models.PROTECT, related_name="+", db_index=False, verbose_name=_("区域")
    )
    area = models.CharField(max_length=40)
    made_at = models.DateTimeField(_("确认时间"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("确认人")
    )

    objects = FindingGroupQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("共性问题")
        indexes = [models.Index(fields=["area", "-id"], name="finding_group_area")]

    def __str__(self) -> str:
        return self.title


class SelfCheckRoundQuerySet(models.QuerySet["SelfCheckRound"]):
    def visible_to(self, actor) -> SelfCheckRoundQuerySet:
        """Return those of the groups one oversees."""
        return self.filter(group__in=FindingGroup.objects.visible_to(actor))


class SelfCheckRound(models.Model):
    """举一反三 (S0.75): a common finding asked of all peer units of a kind in an area, by a date."""

    id = models.UUIDField(primary_key=True)
    group = models.ForeignKey(FindingGroup, models.PROTECT, related_name="rounds")
    text = models.TextField(_("自查要求"))
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("范围"))
    org_kind = models.CharField(_("单位类型"), max_length=12, choices=Org.Kind)
    sector = models.CharField(_("领域"), max_length=16, blank=True, default="")
    due_on = models.DateField(_("报送期限"))
    started_at = models.DateTimeField(_("发起时间"))
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("发起人")
    )
    chased_at = models.DateTimeField(_("最近催报"), null=True)
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = SelfCheckRoundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("举一反三自查")

    def __str__(self) -> str:
        return f"{self.group} · {self.due_on}"


class SelfCheckQuerySet(models.QuerySet["SelfCheck"]):
    def visible_to(self, actor) -> SelfCheckQuerySet:
        """Return the items of one's own units, and those of the groups one oversees."""
        overseen = FindingGroup.objects.visible_to(actor).filter(pk=OuterRef("round__group"))
        return self.filter(Q(org__in=own_orgs(actor)) | Exists(overseen))

    def waiting(self) -> SelfCheckQuerySet:
        return self.filter(answer="")


class SelfCheck(models.Model):
    """One unit's look at itself: it has the problem or not, with what shows it."""

    class Answer(models.TextChoices):
        HAS = "has", _("存在")
        HAS_NOT = "has_not", _("不存在")

    round = models.ForeignKey(SelfCheckRound, models.PROTECT, related_name="checks")
    org = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("单位"))
    answer = models.CharField(_("自查结果"), max_length=8, choices=Answer, blank=True, default="")
    text = models.CharField(_("情况说明"), max_length=500, blank=True, default="")
    checked_on = models.DateField(_("自查日期"), null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("报送人"),
    )  # fmt: skip
    answered_at = models.DateTimeField(_("报送时间"), null=True)
    finding = models.ForeignKey(Finding, models.PROTECT, null=True, related_name="+")

    objects = SelfCheckQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("自查")
        constraints = [
            models.UniqueConstraint(fields=["round", "org"], name="one_self_check_of_a_unit")
        ]
        indexes = [models.Index(fields=["org"], name="self_check_waiting", condition=Q(answer=""))]

    def __str__(self) -> str:
        return f"{self.org} · {self.round}"


class SelfCheckPhoto(models.Model):
    check_of = models.ForeignKey(SelfCheck, models.CASCADE, related_name="pictures")
    photo = models.ForeignKey(Photo, models.PROTECT, related_name="+")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("自查照片")
        ordering = ("order", "id")

    def __str__(self) -> str:
        return str(self.pk)
