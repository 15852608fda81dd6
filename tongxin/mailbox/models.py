"""Letters that came, which community an address belongs to, who writes about which case."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case
from tongxin.orgs.scope import posts_of, reach
from tongxin.regions.models import Region

DESK = ("dispatcher", "officer")
WIDE = ("city", "district")


class Address(models.Model):
    """An address letters are sent to, and the community (or street) that answers for it."""

    address = models.EmailField(_("邮件地址"), unique=True, help_text=_("小写，可以带加号"))
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("由谁受理"))
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = verbose_name_plural = _("收件地址")
        ordering = ["address"]

    def __str__(self) -> str:
        return self.address

    def save(self, *args, **kwargs) -> None:
        self.address = self.address.lower()
        super().save(*args, **kwargs)


class LetterRows(models.QuerySet["Letter"]):
    def visible_to(self, actor) -> LetterRows:
        """Return the letters to the places one takes requests in for; to nowhere, for the district's."""
        if actor.is_superuser:
            return self
        sights = [reach(actor, DESK)]
        if any(post.role in DESK and post.level in WIDE for post in posts_of(actor)):
            sights.append(Q(area=""))
        return self.filter(reduce(or_, sights))


class Letter(models.Model):
    """One message and what became of it. Who wrote it is sealed; a message is read once."""

    class State(models.TextChoices):
        FILED = "filed", _("已立单")
        ADDED = "added", _("已并入原单")
        HELD = "held", _("待人工处理")
        REFUSED = "refused", _("未受理")

    # SHA-256 of the Message-ID: ids may be long, and hold an address.
    digest = models.CharField(max_length=64, unique=True)
    sender_sealed = models.TextField(blank=True, default="")
    sender_index = models.CharField(max_length=64, blank=True, default="", db_index=True)
    sender_shown = models.CharField(_("来信人"), max_length=80, blank=True, default="")
    message_id = models.CharField(max_length=254, blank=True, default="")
    recipient = models.CharField(_("收件地址"), max_length=254, blank=True, default="")
    region = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+", db_index=False)
    area = models.CharField(max_length=40, blank=True, default="")
    subject = models.CharField(_("主题"), max_length=200, blank=True, default="")
    text = models.TextField(_("正文"), blank=True, default="")
    photos = models.PositiveSmallIntegerField(_("照片"), default=0)
    state = models.CharField(_("处理结果"), max_length=8, choices=State)
    why = models.CharField(_("原因"), max_length=300, blank=True, default="")
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="letters")
    sent_at = models.DateTimeField(_("发信时间"), null=True)
    received_at = models.DateTimeField(_("收到时间"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    # The message itself, while somebody still has to decide about it.
    raw = models.FileField(upload_to="letters", blank=True)

    objects = LetterRows.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("来信")
        indexes = [
            models.Index(fields=["area", "-id"], name="letter_area"),
            models.Index(fields=["-id"], name="letter_held", condition=Q(state="held")),
        ]

    def __str__(self) -> str:
        return self.subject or str(_("（无主题）"))


class Correspondent(models.Model):
    """Who wrote a case by letter, and how much of it they have been told."""

    case = models.OneToOneField(
        Case, models.CASCADE, primary_key=True, related_name="correspondent"
    )
    address_sealed = models.TextField()
    address_index = models.CharField(max_length=64)
    recipient = models.CharField(max_length=254)  # the address they wrote to, and are answered from
    subject = models.CharField(max_length=200, blank=True, default="")
    last_id = models.CharField(max_length=254, blank=True, default="")  # what an answer refers to
    told = models.PositiveIntegerField(default=0)  # the last event they know of

    class Meta:
        verbose_name = verbose_name_plural = _("来信人")


class Polling(models.Model):
    """How far a mailbox has been read: its UIDVALIDITY and the last UID; who reads it until when."""

    mailbox = models.CharField(_("信箱"), max_length=120, primary_key=True)
    validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    polled_at = models.DateTimeField(_("上次收信"), null=True)
    error = models.CharField(_("最近错误"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("收信进度")
