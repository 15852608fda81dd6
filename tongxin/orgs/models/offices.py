"""The internal offices of a street (内设机构), what each answers for, who works there, how they changed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .org import Org
from .posts import Post

# Who may read the structure of the streets their posts reach; the officer alone changes it.
OFFICE_READERS = ("officer", "leader", "inspector", "organiser")


class OfficeKind(models.TextChoices):
    OFFICE = "office", _("内设机构")
    INSTITUTION = "institution", _("事业单位")
    ENFORCEMENT = "enforcement", _("综合执法队")


class OfficeStandard(models.Model):
    """An office every street should have (S4.64). Data with an effective date; the newest in force counts."""

    code = models.CharField(_("代码"), max_length=30)
    version = models.PositiveSmallIntegerField(_("版本"), default=1)
    name = models.CharField(_("名称"), max_length=40)
    kind = models.CharField(_("性质"), max_length=12, choices=OfficeKind)
    duties = models.TextField(_("参考职责"), blank=True, default="")  # one a line
    effective_from = models.DateField(_("启用日期"))
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("标准机构设置")
        constraints = [
            models.UniqueConstraint(
                fields=["code", "version"], name="one_office_standard_of_a_version"
            )
        ]

    def __str__(self) -> str:
        return self.name


class StreetOfficeQuerySet(models.QuerySet["StreetOffice"]):
    def visible_to(self, actor) -> StreetOfficeQuerySet:
        """Return the offices of the streets that the actor's posts reach."""
        from ..scope import reach

        return self.filter(reach(actor, OFFICE_READERS, column="org__region__path"))

    def standing(self) -> StreetOfficeQuerySet:
        return self.filter(ended_on__isnull=True)


class StreetOffice(models.Model):
    """An office inside a street's government; what it was is kept when it ends."""

    class End(models.TextChoices):
        MERGED = "merged", _("并入")
        DISSOLVED = "dissolved", _("撤销")

    org = models.ForeignKey(Org, models.PROTECT, related_name="offices", verbose_name=_("街镇"))
    name = models.CharField(_("名称"), max_length=40)
    kind = models.CharField(_("性质"), max_length=12, choices=OfficeKind, default=OfficeKind.OFFICE)
    # Code of the standard office it is; "": one of the street's own.
    standard = models.CharField(_("对应标准机构"), max_length=30, blank=True, default="")
    approved = models.PositiveSmallIntegerField(_("核定数"), default=0)
    departments = models.ManyToManyField(
        Org,
        blank=True,
        related_name="counterparts",
        verbose_name=_("对口部门"),
        limit_choices_to={"kind": Org.Kind.DEPARTMENT},
    )
    set_up_on = models.DateField(_("设立日期"))
    basis = models.CharField(_("设立依据"), max_length=120, blank=True, default="")
    ended_on = models.DateField(_("终止日期"), null=True, blank=True)
    end = models.CharField(_("去向"), max_length=12, choices=End, blank=True, default="")
    successor = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="came_from",
        verbose_name=_("承接机构"),
    )

    objects = StreetOfficeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("街道内设机构")
        constraints = [
            models.UniqueConstraint(
                fields=["org", "name"],
                condition=Q(ended_on__isnull=True),
                name="one_standing_office_of_a_name",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=models.F("set_up_on")),
                name="office_ends_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OfficeDuty(models.Model):
    """What a street answers for, in one office exactly; it moves with a reform and is never lost."""

    org = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("街镇"))
    office = models.ForeignKey(
        StreetOffice, models.PROTECT, related_name="duties", verbose_name=_("机构")
    )
    number = models.PositiveSmallIntegerField(_("序号"))
    text = models.CharField(_("职责"), max_length=200)

    class Meta:
        verbose_name = verbose_name_plural = _("机构职责")
        constraints = [
            models.UniqueConstraint(fields=["org", "text"], name="one_office_for_a_duty")
        ]

    def __str__(self) -> str:
        return self.text


class OfficeSeat(models.Model):
    """Somebody's post of the street, seated in one of its offices."""

    office = models.ForeignKey(
        StreetOffice, models.PROTECT, related_name="seats", verbose_name=_("机构")
    )
    post = models.ForeignKey(
        Post, models.CASCADE, related_name="office_seats", verbose_name=_("岗位")
    )
    is_head = models.BooleanField(_("负责人"), default=False)
    from_date = models.DateField(_("起始日期"))
    to_date = models.DateField(_("终止日期"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("机构人员")
        constraints = [
            models.UniqueConstraint(
                fields=["post"], condition=Q(to_date__isnull=True), name="one_office_for_a_post"
            ),
            models.UniqueConstraint(
                fields=["office"],
                condition=Q(to_date__isnull=True, is_head=True),
                name="one_head_of_an_office",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post} · {self.office}"


class OfficeChange(models.Model):
    """One act on the structure of a street (机构沿革): what, from when, on what paper, by whom."""

    class Kind(models.TextChoices):
        SET_UP = "set_up", _("设立")
        AMEND = "amend", _("调整")
        DUTY = "duty", _("增加职责")
        REFORM = "reform", _("改革")

    org = models.ForeignKey(
        Org, models.PROTECT, related_name="office_changes", verbose_name=_("街镇")
    )
    kind = models.CharField(_("类别"), max_length=10, choices=Kind)
    on = models.DateField(_("生效日期"))
    text = models.CharField(_("内容"), max_length=500)
    basis = models.CharField(_("依据"), max_length=120)
    reason = models.CharField(_("事由"), max_length=300, blank=True, default="")
    at = models.DateTimeField(_("记录时间"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("经办人")
    )

    class Meta:
        verbose_name = verbose_name_plural = _("机构沿革")

    def __str__(self) -> str:
        return self.text


class DutyMove(models.Model):
    """A duty that a reform took from one office to another."""

    change = models.ForeignKey(OfficeChange, models.CASCADE, related_name="moves")
    duty = models.ForeignKey(OfficeDuty, models.PROTECT, related_name="moves")
    source = models.ForeignKey(StreetOffice, models.PROTECT, related_name="+")
    target = models.ForeignKey(StreetOffice, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("职责划转")

    def __str__(self) -> str:
        return f"{self.duty}: {self.source} → {self.target}"
