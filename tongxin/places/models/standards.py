"""What a centre is held to: signs by standard (S1.48), papers on the wall (S1.50), three phases (S1.2)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.photos.models import Photo
from tongxin.regions.models import Region
from tongxin.regions.queries import prefixes

from .centres import Centre, works_around

USER = settings.AUTH_USER_MODEL


class PlaceStandardQuerySet(models.QuerySet):
    def public(self):
        """What centres are held to is published."""
        return self

    def on(self, day):
        """Return the rows in force on a day."""
        ended = Q(effective_to=None) | Q(effective_to__gt=day)
        return self.filter(ended, effective_from__lte=day)


class SignStandard(models.Model):
    """What a sign has to look like, from a day on: wording, size, where it hangs. Data."""

    code = models.CharField(_("代码"), max_length=30)
    version = models.PositiveSmallIntegerField(_("版本"), default=1)
    name = models.CharField(_("标识"), max_length=40)
    text = models.CharField(_("规格"), max_length=200)
    # Kinds of centre that need it, parted by spaces; empty: all.
    kinds = models.CharField(_("适用类型"), max_length=100, blank=True, default="")
    is_required = models.BooleanField(_("必挂"), default=True)
    effective_from = models.DateField(_("启用日期"))
    effective_to = models.DateField(_("停用日期"), null=True, blank=True)
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)

    objects = PlaceStandardQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("标识规范")
        ordering = ["code", "version"]
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_sign_standard")
        ]

    def __str__(self) -> str:
        return self.name


class SignQuerySet(models.QuerySet["Sign"]):
    def visible_to(self, actor) -> SignQuerySet:
        """Return those of centres on the land of the actor's posts."""
        return self.filter(works_around(actor, "centre__region__path"))


class Sign(models.Model):
    """A sign that hangs at a centre, proved by a photo, judged by another against the standard."""

    class Verdict(models.TextChoices):
        WAITING = "", _("待核对")
        RIGHT = "right", _("符合规范")
        WRONG = "wrong", _("不符合")

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="signs")
    standard = models.ForeignKey(SignStandard, models.PROTECT, related_name="signs")
    photo = models.OneToOneField(Photo, models.PROTECT, related_name="centre_sign")
    hung_on = models.DateField(_("悬挂日期"))
    verdict = models.CharField(_("核对"), max_length=5, choices=Verdict, blank=True, default="")
    judged_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    judged_at = models.DateTimeField(null=True)
    note = models.CharField(_("核对意见"), max_length=100, blank=True, default="")
    removed_on = models.DateField(_("摘下日期"), null=True, blank=True)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = SignQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("标识牌")
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "standard"],
                condition=Q(removed_on__isnull=True),
                name="one_sign_of_a_standard",
            ),
            models.CheckConstraint(
                condition=Q(verdict="") | ~Q(judged_by=F("by")), name="sign_judged_by_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.centre} {self.standard}"


class CentrePaperQuerySet(models.QuerySet["CentrePaper"]):
    def visible_to(self, actor) -> CentrePaperQuerySet:
        """Return those of the land of the actor's posts, published or not, and all that is published."""
        own = works_around(actor, "region__path")
        return self.filter(own | Q(published_at__isnull=False))

    def public(self) -> CentrePaperQuerySet:
        """What was published hangs on the wall."""
        return self.filter(published_at__isnull=False)

    def of(self, centre: Centre, day) -> CentrePaperQuerySet:
        """Return what holds at a centre from a day on: its own, and those of the land around it."""
        above = Q(centre=None, region__path__in=list(prefixes(centre.region.path)))
        ended = Q(effective_to=None) | Q(effective_to__gt=day)
        return self.filter(Q(centre=centre) | above, ended).order_by("kind", "title", "-version")


class CentrePaper(models.Model):
    """A version of a manual, of the rules of use, or of a notice, for one centre or all of some land."""

    class Kind(models.TextChoices):
        MANUAL = "manual", _("标准化建设手册")
        RULES = "rules", _("使用管理制度")
        NOTICE = "notice", _("公示公告")

    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("适用范围"))
    centre = models.ForeignKey(
        Centre, models.PROTECT, null=True, related_name="papers", verbose_name=_("中心")
    )
    kind = models.CharField(_("类型"), max_length=6, choices=Kind)
    title = models.CharField(_("标题"), max_length=60)
    version = models.PositiveSmallIntegerField(_("版本"))
    text = models.TextField(_("正文"))
    effective_from = models.DateField(_("启用日期"))
    effective_to = models.DateField(_("停用日期"), null=True)
    published_at = models.DateTimeField(_("发布时间"), null=True)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = CentrePaperQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("制度与公示")
        constraints = [
            models.UniqueConstraint(
                fields=["region", "kind", "title", "version"],
                condition=Q(centre__isnull=True),
                name="one_version_of_a_paper",
            ),
            models.UniqueConstraint(
                fields=["centre", "kind", "title", "version"],
                name="one_version_of_a_centre_paper",
            ),
            models.CheckConstraint(
                condition=Q(effective_to=None) | Q(effective_to__gte=F("effective_from")),
                name="paper_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} V{self.version}"


class PhaseItem(models.Model):
    """One line of the checklist by which building, managing or using a centre is scored. Data."""

    class Phase(models.TextChoices):
        BUILD = "build", _("建好")
        MANAGE = "manage", _("管好")
        USE = "use", _("用好")

    code = models.CharField(_("代码"), max_length=10)
    version = models.PositiveSmallIntegerField(_("版本"), default=1)
    phase = models.CharField(_("阶段"), max_length=6, choices=Phase)
    text = models.CharField(_("内容"), max_length=120)
    points = models.PositiveSmallIntegerField(_("分值"))
    effective_from = models.DateField(_("启用日期"))
    effective_to = models.DateField(_("停用日期"), null=True, blank=True)
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)

    objects = PlaceStandardQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("评分项")
        ordering = ["code", "version"]
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="one_phase_item")]

    def __str__(self) -> str:
        return self.text


class PhaseScore(models.Model):
    """One scoring of a phase by somebody who overlooks the centre; why is in its answers."""

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="scores")
    phase = models.CharField(_("阶段"), max_length=6, choices=PhaseItem.Phase)
    on = models.DateField(_("评分日期"))
    points = models.PositiveSmallIntegerField(_("得分"))
    out_of = models.PositiveSmallIntegerField(_("满分"))
    note = models.CharField(_("评语"), max_length=200, blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("阶段评分")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["centre", "phase", "on"], name="one_score_a_day"),
            models.CheckConstraint(
                condition=Q(points__lte=F("out_of")), name="score_within_its_bound"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.centre} {self.phase} {self.points}/{self.out_of}"


class PhaseAnswer(models.Model):
    """The points one line got; fewer than its own need a word why."""

    score = models.ForeignKey(PhaseScore, models.CASCADE, related_name="answers")
    item = models.ForeignKey(PhaseItem, models.PROTECT, related_name="+")
    points = models.PositiveSmallIntegerField(_("得分"))
    why = models.CharField(_("扣分说明"), max_length=100, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("评分明细")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.item} {self.points}"
