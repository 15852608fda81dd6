"""What a request, a whistle and a wish add to their case; the volunteers' ledger of points."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case, Event
from tongxin.orgs.models import Org


class Channel(models.TextChoices):
    WEB = "web", _("手机或网页")
    DESK = "desk", _("社区代录")
    GRID = "grid", _("网格员上报")
    HOTLINE = "hotline", _("热线")
    EMAIL = "email", _("邮件")
    API = "api", _("其他系统")
    IMPORT = "import", _("批量导入")
    PROACTIVE = "proactive", _("主动发现")


class ServiceRequest(models.Model):
    """点单: what a resident asks for. Its lifecycle is its case; here is only what a request adds."""

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="request")
    channel = models.CharField(_("渠道"), max_length=10, choices=Channel)
    # Filed for somebody else: for whom (sealed), and how their consent was given.
    beneficiary_sealed = models.TextField(blank=True, default="")
    consent = models.CharField(_("同意方式"), max_length=100, blank=True, default="")
    contact_sealed = models.TextField(blank=True, default="")
    # By which an exact number finds its requests again: whoever calls asks for their own.
    contact_index = models.CharField(max_length=64, blank=True, default="")
    answers = models.JSONField(default=dict, blank=True)
    queue = models.JSONField(default=list, blank=True)  # user ids to be offered next, in order
    stars = models.PositiveSmallIntegerField(_("星级"), null=True)
    tags = models.JSONField(default=list, blank=True)
    words = models.CharField(max_length=500, blank=True, default="")
    rated_at = models.DateTimeField(null=True)
    source_key = models.CharField(max_length=80, null=True)  # of an import
    likes = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("点单")
        indexes = [
            models.Index(
                fields=["contact_index"],
                name="request_contact",
                condition=~Q(contact_index=""),
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(stars__isnull=True) | Q(stars__range=(1, 5)), name="one_to_five_stars"
            ),
            models.UniqueConstraint(
                fields=["source_key"],
                name="one_request_of_a_row",
                condition=Q(source_key__isnull=False),
            ),
        ]


class Whistle(models.Model):
    """吹哨: a street calls departments; each call is a child case (S2.53)."""

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="whistle")
    street_org = models.ForeignKey(
        Org, models.PROTECT, related_name="+", verbose_name=_("吹哨街镇")
    )
    lead = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("首接单位"))

    class Meta:
        verbose_name = verbose_name_plural = _("吹哨")


class Wish(models.Model):
    """微心愿: a small wish somebody may make true (S2.44, S3.26)."""

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="wish")
    wisher = models.CharField(_("心愿人（匿名称呼）"), max_length=40)
    cost = models.PositiveIntegerField(_("预计花费（元）"), default=0)
    thanks = models.CharField(_("感谢的话"), max_length=500, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("微心愿")


class PointEntry(models.Model):
    """One line of a volunteer's ledger of points and hours: written once, corrected by another."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="point_entries",
        db_index=False,
        verbose_name=_("志愿者"),
    )
    at = models.DateTimeField(_("时间"))
    points = models.IntegerField(_("积分"))
    minutes = models.IntegerField(_("时长（分钟）"))
    reason = models.CharField(_("事由"), max_length=120)
    event = models.OneToOneField(  # one event gives points once
        Event, models.PROTECT, null=True, verbose_name=_("办理记录")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("确认人"),
    )

    class Meta:
        verbose_name = verbose_name_plural = _("积分台账")
        indexes = [models.Index(fields=["user", "-at"], name="points_of_user")]
