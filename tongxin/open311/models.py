"""Who may file through the door, what came in by it, and what we hand on to other systems."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case, Topic
from tongxin.regions.models import Region


class PartnersQuerySet(models.QuerySet):
    """Rows that only who installs the system sees: keys, addresses, counts."""

    def visible_to(self, actor) -> PartnersQuerySet:
        return self if actor.is_superuser else self.none()


class Service(models.Model):
    """How a topic is offered at the door, where it is not as usual: at once, and offered."""

    class Handling(models.TextChoices):
        REALTIME = "realtime", _("即时受理，立刻给编号")
        BATCH = "batch", _("分批受理，先给凭据，稍后换编号")

    topic = models.OneToOneField(
        Topic, models.CASCADE, related_name="open311_service", verbose_name=_("事项")
    )
    handling = models.CharField(
        _("受理方式"), max_length=10, choices=Handling, default=Handling.REALTIME
    )
    is_offered = models.BooleanField(_("对外提供"), default=True)

    objects = PartnersQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("对外服务")


class ClientKey(models.Model):
    """A system that may file at the door. Only the key's SHA-256 is kept; it is shown once."""

    name = models.CharField(_("系统名称"), max_length=60)
    contact = models.CharField(_("联系人"), max_length=120, blank=True, default="")
    digest = models.CharField(max_length=64, unique=True)
    tail = models.CharField(_("密钥末四位"), max_length=4)
    # After a rotation the key before still works until then.
    old_digest = models.CharField(max_length=64, null=True, unique=True)
    old_until = models.DateTimeField(null=True)
    may_file = models.BooleanField(_("可以提交诉求"), default=True)
    may_update = models.BooleanField(_("可以补充进展"), default=False)
    # What came in by a client that publishes is shown in full (masked); else in outline.
    publishes = models.BooleanField(_("提交的内容公开显示"), default=True)
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("范围")
    )
    # Hosts whose pictures are fetched when a media_url names them; none: links are kept as text.
    media_hosts = models.TextField(_("取回附图的主机"), blank=True, default="")
    per_minute = models.PositiveIntegerField(_("每分钟最多提交"), default=60)
    minute_from = models.DateTimeField(null=True)
    minute_calls = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(_("发放时间"))
    expires_at = models.DateTimeField(_("到期时间"), null=True, blank=True)
    ended_at = models.DateTimeField(_("停用时间"), null=True)
    last_used_at = models.DateTimeField(_("最近使用"), null=True)

    objects = PartnersQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("接入密钥")

    def __str__(self) -> str:
        return self.name


class CallCount(models.Model):
    """How often a client called on a day, and with what outcome: counts, no contents."""

    client = models.ForeignKey(ClientKey, models.CASCADE, related_name="calls", db_index=False)
    day = models.DateField()
    what = models.CharField(max_length=20)  # file, update, read
    status = models.PositiveSmallIntegerField()  # as HTTP has it
    n = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "day", "what", "status"], name="one_count_of_calls"
            )
        ]


class Submission(models.Model):
    """What a client handed in, and the case it became.

    A batch one has no case until the worker files it; one of the test endpoint never has.
    """

    client = models.ForeignKey(ClientKey, models.PROTECT, related_name="submissions")
    at = models.DateTimeField()
    # SHA-256 over what was sent: the same again within a short time is a retry.
    print = models.CharField(max_length=64)
    token = models.CharField(max_length=43, unique=True)
    case = models.OneToOneField(Case, models.CASCADE, null=True, related_name="open311")
    is_test = models.BooleanField(default=False)
    waits = models.BooleanField(default=False)  # for the worker to file it
    refused = models.CharField(max_length=300, blank=True, default="")  # why it was not filed
    description = models.TextField(blank=True, default="")
    media_url = models.CharField(max_length=500, blank=True, default="")
    account_id = models.CharField(max_length=64, blank=True, default="")
    contact_sealed = models.TextField(blank=True, default="")  # JSON: name, phone, email, device
    content = models.JSONField(default=dict)  # what a waiting or a test one is made of

    class Meta:
        indexes = [
            models.Index(fields=["client", "print", "-at"], name="submission_retry"),
            models.Index(fields=["at"], name="submission_waits", condition=Q(waits=True)),
            models.Index(fields=["-id"], name="submission_test", condition=Q(is_test=True)),
        ]


class MediaCopy(models.Model):
    """The picture behind a submission's media_url: fetched by the worker, kept as evidence once."""

    class State(models.TextChoices):
        WAITING = "waiting", _("待取回")
        KEPT = "kept", _("已收存")
        DEAD = "dead", _("没有取到")

    submission = models.OneToOneField(Submission, models.CASCADE, related_name="media_copy")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    next_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True, default="")
    kept_at = models.DateTimeField(null=True)

    objects = PartnersQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["next_at"], name="mediacopy_due", condition=Q(next_at__isnull=False)
            )
        ]


class Peer(models.Model):
    """Another Open311 server that we hand cases on to."""

    name = models.CharField(_("对方系统"), max_length=60)
    url = models.CharField(_("接口地址"), max_length=300)  # before requests.json
    key_sealed = models.TextField(_("密钥（加密）"), blank=True, default="")
    jurisdiction = models.CharField(_("辖区代码"), max_length=60, blank=True, default="")
    # The key by which it files with us: what came from there is not sent back.
    client = models.ForeignKey(
        ClientKey, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("对方提交用的密钥"),
    )  # fmt: skip
    # Whether it follows the updates extension: then it is told how our cases go on.
    takes_updates = models.BooleanField(_("把本单进展发给对方"), default=False)
    is_active = models.BooleanField(_("启用"), default=True)
    created_at = models.DateTimeField()
    # The last event looked at: forwarding reads the event log, as telling does.
    seen = models.BigIntegerField(default=0)

    objects = PartnersQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("转交对象")

    def __str__(self) -> str:
        return self.name


class ForwardRule(models.Model):
    """Requests of this topic in this area go to this peer, under its own service code."""

    peer = models.ForeignKey(Peer, models.CASCADE, related_name="rules")
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="+", verbose_name=_("事项"))
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("范围")
    )
    service_code = models.CharField(_("对方服务代码"), max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["peer", "topic", "region"], name="one_rule_of_a_topic_and_place"
            ),
            models.UniqueConstraint(
                fields=["peer", "topic"],
                name="one_rule_of_a_topic_everywhere",
                condition=Q(region__isnull=True),
            ),
        ]


class Forwarding(models.Model):
    """One case at one peer: on its way, taken, and what is known of it there."""

    class State(models.TextChoices):
        WAITING = "waiting", _("待转交")
        TAKEN = "taken", _("对方办理中")
        CLOSED = "closed", _("对方已办结")
        ENDED = "ended", _("不再跟踪")
        DEAD = "dead", _("转交失败")

    case = models.ForeignKey(Case, models.PROTECT, related_name="forwardings")
    peer = models.ForeignKey(Peer, models.PROTECT, related_name="forwardings")
    service_code = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    created_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    # An earlier try may have arrived without our knowing: look there before sending again.
    unsure_since = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True, default="")
    their_id = models.CharField(max_length=64, null=True)
    their_token = models.CharField(max_length=128, blank=True, default="")
    sent_at = models.DateTimeField(null=True)
    heard = models.CharField(max_length=64, blank=True, default="")  # print of what we last heard
    heard_at = models.DateTimeField(null=True)
    quiet = models.PositiveSmallIntegerField(default=0)  # polls without news since
    # The `seq` of the last event of ours that was looked at to tell them, once it is theirs.
    told_seq = models.PositiveIntegerField(null=True)
    tell_at = models.DateTimeField(null=True)  # not before
    tell_tries = models.PositiveSmallIntegerField(default=0)

    objects = PartnersQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("转交记录")
        constraints = [
            models.UniqueConstraint(fields=["case", "peer"], name="one_forwarding_to_a_peer"),
            models.UniqueConstraint(
                fields=["peer", "their_id"],
                name="one_case_of_their_number",
                condition=Q(their_id__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"], name="forwarding_due", condition=Q(next_at__isnull=False)
            ),
        ]
