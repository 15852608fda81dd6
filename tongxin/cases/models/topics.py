"""The catalogue: what cases are about, with norms; every change keeps a version."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class TopicCategory(models.Model):
    """类: one of the catalogue's large kinds (S0.56: fifteen)."""

    code = models.CharField(_("代码"), max_length=4, unique=True)
    name = models.CharField(_("名称"), max_length=40)

    class Meta:
        verbose_name = verbose_name_plural = _("事项大类")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class ServiceClass(models.Model):
    """五心服务: one of the five classes of service (S4.29), as it reads from a day on.

    A class is its `code`; a row is one wording of it, the newest one in force counts.
    """

    code = models.CharField(_("代码"), max_length=8)
    name = models.CharField(_("名称"), max_length=20)
    text = models.CharField(_("包含什么"), max_length=200, blank=True, default="")
    order = models.PositiveSmallIntegerField(_("次序"))
    effective_from = models.DateField(_("自何日起"))
    source = models.CharField(_("依据"), max_length=200)
    is_sample = models.BooleanField(_("样例"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("服务类别")
        ordering = ["order", "code", "-effective_from"]
        constraints = [
            models.UniqueConstraint(fields=["code", "effective_from"], name="one_class_of_a_day")
        ]

    def __str__(self) -> str:
        return self.name


class Topic(models.Model):
    """项: what a case is about, with its norms (S0.56: fifty-six). Every change keeps a version."""

    class Verify(models.TextChoices):
        ALL = "all", _("逐单验单")
        SAMPLED = "sampled", _("抽查验单")
        NONE = "none", _("免验单")

    class Proof(models.TextChoices):
        NONE = "none", _("不需要")
        PHOTO = "photo", _("办结照片")
        BEFORE_AFTER = "before_after", _("前后对比照片")

    category = models.ForeignKey(
        TopicCategory, models.PROTECT, related_name="topics", verbose_name=_("大类")
    )
    code = models.CharField(_("代码"), max_length=8, unique=True)
    name = models.CharField(_("名称"), max_length=60)
    summary = models.CharField(_("说明"), max_length=200, blank=True, default="")
    kind = models.CharField(_("性质"), max_length=12, default="matter")
    service_class = models.CharField(_("五心服务"), max_length=8, blank=True, default="")
    accept_norm = models.CharField(_("接单时限"), max_length=8, default="2wh")
    norm = models.CharField(_("办理时限"), max_length=8, default="2wd")
    verify_norm = models.CharField(_("验单时限"), max_length=8, default="1wd")
    is_urgent = models.BooleanField(_("紧急"), default=False)
    takers = models.CharField(
        _("谁可承接"), max_length=60, default="volunteer grid_worker department"
    )
    modes = models.CharField(_("派单方式"), max_length=30, default="assign grab offer")
    skills = models.CharField(_("所需技能"), max_length=60, blank=True, default="")
    proof = models.CharField(_("办结凭证"), max_length=12, choices=Proof, default=Proof.PHOTO)
    verify = models.CharField(_("验单方式"), max_length=8, choices=Verify, default=Verify.ALL)
    sample_rate = models.PositiveSmallIntegerField(_("抽查比例 %"), default=20)
    points = models.PositiveSmallIntegerField(_("积分"), default=2)
    is_public = models.BooleanField(_("可公开"), default=True)
    needs_receipt = models.BooleanField(_("需要票据"), default=False)
    questions = models.JSONField(_("附加问题"), default=list, blank=True)
    keywords = models.CharField(_("常用说法"), max_length=300, blank=True, default="")
    is_sample = models.BooleanField(_("示例"), default=False)
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = verbose_name_plural = _("事项")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(sample_rate__lte=100), name="sample_rate_percent")
        ]

    def __str__(self) -> str:
        return self.name


class TopicVersion(models.Model):
    """The topic as it was from `at` on; written by every change, never changed itself."""

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="versions")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    data = models.JSONField()
    reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["-at"]
