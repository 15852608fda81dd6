"""Cases, what happened to them, what proves it; the catalogue of topics; the tallies."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from .flow import Flow, get_flow
from .sight import windows_of


class TopicCategory(models.Model):
    """类: one of the catalogue's large kinds (S0.56: fifteen)."""

    code = models.CharField(_("代码"), max_length=4, unique=True)
    name = models.CharField(_("名称"), max_length=40)

    class Meta:
        verbose_name = verbose_name_plural = _("事项大类")
        ordering = ["code"]

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


class CaseQuerySet(models.QuerySet):
    def visible_to(self, actor) -> CaseQuerySet:
        """Every look-up of a case starts here: one's area, one's organisation, one's own."""
        if actor.is_superuser:
            return self
        windows = [window.as_q() for window in windows_of(actor)]
        return self.filter(reduce(or_, windows)) if windows else self.none()

    def public(self) -> CaseQuerySet:
        """Cases anybody may see the outline of: title, place to the community, step."""
        return self.filter(is_private=False).exclude(step="void")

    def open(self) -> CaseQuerySet:
        return self.filter(closed_at__isnull=True)

    def in_area(self, region) -> CaseQuerySet:
        """Filter by the column that a street or community can be found by without scanning."""
        if region.level == Region.Level.STREET:
            return self.filter(street=region.id)
        if region.level == Region.Level.COMMUNITY:
            return self.filter(community=region.id)
        return self.filter(area__under=region.path)

    def ringing(self, at) -> CaseQuerySet:
        return self.filter(rings_at__lte=at).order_by("rings_at")


class Case(models.Model):
    """Something somebody must finish by a time. Only `cases.actions` writes `step` and the clock."""

    id = models.UUIDField(primary_key=True)  # version 7: ordered by time, may be made by the phone
    number = models.CharField(_("编号"), max_length=24)
    kind = models.CharField(_("类别"), max_length=20)
    step = models.CharField(_("环节"), max_length=20)
    title = models.CharField(_("标题"), max_length=120)
    text = models.TextField(_("内容"), blank=True, default="")
    # No index of its own: cases are looked up by where they lie, and every step writes all indexes.
    topic = models.ForeignKey(
        Topic, models.PROTECT, null=True, db_index=False, verbose_name=_("事项")
    )

    region = models.ForeignKey(
        Region, models.PROTECT, related_name="+", db_index=False, verbose_name=_("区域")
    )
    # The region's path, and its street and community, one column away: keys of every list.
    area = models.CharField(max_length=40)
    street = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+", db_index=False)
    community = models.ForeignKey(
        Region, models.PROTECT, null=True, related_name="+", db_index=False
    )
    lng = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    address = models.CharField(_("地址"), max_length=120, blank=True, default="")

    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("提交人"),
    )
    handler = models.ForeignKey(
        Org,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("承办单位"),
    )
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("承办人"),
    )
    offeree = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="children",
        db_index=False,
        verbose_name=_("上级事件单"),
    )
    open_children = models.PositiveSmallIntegerField(default=0)

    is_private = models.BooleanField(_("不公开"), default=False)
    is_fast = models.BooleanField(_("绿色通道"), default=False)

    opened_at = models.DateTimeField(_("提交时间"))
    stepped_at = models.DateTimeField()
    closed_at = models.DateTimeField(_("办结时间"), null=True)
    # The clock of the present step: a norm, how much of it was used before a pause, how many
    # norms it has (extensions add one), and when it runs out.
    norm = models.CharField(max_length=8, blank=True, default="")
    norms = models.PositiveSmallIntegerField(default=1)
    clock_from = models.DateTimeField(null=True)
    clock_used = models.DurationField(null=True)
    due_at = models.DateTimeField(_("时限"), null=True)
    until = models.DateTimeField(null=True)
    rings_at = models.DateTimeField(null=True)
    rung = models.PositiveSmallIntegerField(default=0)  # how many clocks of this step have rung
    card = models.CharField(max_length=8, blank=True, default="")  # "", yellow, red
    is_late = models.BooleanField(_("曾超时"), default=False)  # once late, late for good
    asked = models.CharField(max_length=8, blank=True, default="")  # an adjustment that waits

    length = models.PositiveIntegerField(default=0)  # events so far: the version of the page
    head = models.CharField(max_length=64, blank=True, default="")  # hash of the last event
    is_counted = models.BooleanField(default=False)
    counted = models.CharField(max_length=120, blank=True, default="")  # the tallies it stands in

    objects = CaseQuerySet.as_manager()
    is_replay = False  # set on what a retried request is answered with

    class Meta:
        verbose_name = verbose_name_plural = _("事件单")
        # As a constraint: `unique=True` would add a second index for LIKE on PostgreSQL.
        constraints = [models.UniqueConstraint(fields=["number"], name="one_case_of_a_number")]
        indexes = [
            models.Index(
                fields=["area", "due_at"], name="case_open", condition=Q(closed_at__isnull=True)
            ),
            models.Index(fields=["street", "-id"], name="case_street"),
            models.Index(fields=["community", "-id"], name="case_community"),
            models.Index(fields=["reporter", "-id"], name="case_reporter"),
            models.Index(
                fields=["holder", "-id"], name="case_holder", condition=Q(holder__isnull=False)
            ),
            # How many orders somebody has in hand, however many they had before.
            models.Index(
                fields=["holder"],
                name="case_in_hand",
                condition=Q(holder__isnull=False, closed_at__isnull=True),
            ),
            models.Index(
                fields=["handler", "-id"], name="case_handler", condition=Q(handler__isnull=False)
            ),
            models.Index(fields=["offeree"], name="case_offer", condition=Q(offeree__isnull=False)),
            models.Index(fields=["parent"], name="case_parent", condition=Q(parent__isnull=False)),
            models.Index(
                fields=["rings_at"], name="case_rings", condition=Q(rings_at__isnull=False)
            ),
            models.Index(fields=["id"], name="case_uncounted", condition=Q(is_counted=False)),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def flow(self) -> Flow:
        return get_flow(self.kind)

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class Event(models.Model):
    """One line of a case's timeline. Written once, never changed (`settled_at` apart).

    It is the history people read, the outbox notices are sent from, and the fact that figures
    count. `hash` covers this event and the hash of the one before.
    """

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="events", db_index=False, verbose_name=_("事件单")
    )
    seq = models.PositiveIntegerField(_("序号"))
    at = models.DateTimeField(_("发生时间"))  # may be hours ago, offline
    recorded_at = models.DateTimeField(_("记录时间"))  # when we learnt it
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("操作人"),
    )  # null: the system, or a resident with a link
    name = models.CharField(_("操作"), max_length=20)  # the move, or the clock that rang
    source = models.CharField(_("原环节"), max_length=20, blank=True)
    target = models.CharField(_("新环节"), max_length=20)
    note = models.TextField(_("说明"), blank=True, default="")
    data = models.JSONField(_("数据"), default=dict)
    key = models.CharField(max_length=120, null=True)  # idempotency
    print = models.CharField(max_length=16, blank=True, default="")  # of what was asked with `key`
    prev = models.CharField(_("前一条指纹"), max_length=64)
    hash = models.CharField(_("指纹"), max_length=64)
    settled_at = models.DateTimeField(null=True)  # null: its notices are still to be sent

    is_replay = False

    class Meta:
        verbose_name = verbose_name_plural = _("办理记录")
        constraints = [
            models.UniqueConstraint(fields=["case", "seq"], name="one_event_a_place"),
            models.UniqueConstraint(
                fields=["key"], name="one_event_of_a_key", condition=Q(key__isnull=False)
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], name="event_unsettled", condition=Q(settled_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.case} #{self.seq}"


def evidence_path(evidence: Evidence, name: str) -> str:
    return f"evidence/{evidence.case_id}/{evidence.pk}-{name}"


class Evidence(models.Model):
    """A photo, receipt or signature handed in with a move; its own EXIF is kept apart, unseen."""

    class Kind(models.TextChoices):
        PHOTO = "photo", _("照片")
        BEFORE = "before", _("办理前")
        AFTER = "after", _("办理后")
        RECEIPT = "receipt", _("票据")
        SIGNATURE = "signature", _("签字")

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey(Case, models.PROTECT, related_name="evidence")
    event = models.ForeignKey(Event, models.PROTECT, null=True, related_name="evidence")
    kind = models.CharField(max_length=10, choices=Kind)
    file = models.FileField(upload_to=evidence_path)
    thumb = models.FileField(upload_to=evidence_path)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    uploaded_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    exif = models.JSONField(default=dict)  # place and device: for officers with a reason only
    key = models.CharField(max_length=120, null=True, unique=True)


class Adjustment(models.Model):
    """延期, 挂账, 退回, 作废: asked by who does the work, decided by an officer. A ledger."""

    class Kind(models.TextChoices):
        EXTEND = "extend", _("延期")
        SUSPEND = "suspend", _("挂账")
        RETURN = "return", _("退回")
        VOID = "void", _("作废")

    class Verdict(models.TextChoices):
        PENDING = "", _("待审批")
        APPROVED = "approved", _("同意")
        REFUSED = "refused", _("不同意")

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="adjustments", verbose_name=_("事件单")
    )
    kind = models.CharField(_("申请"), max_length=8, choices=Kind)
    reason = models.TextField(_("理由"))
    until = models.DateTimeField(_("挂账至"), null=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("申请人")
    )
    asked_at = models.DateTimeField(_("申请时间"))
    verdict = models.CharField(_("结论"), max_length=8, choices=Verdict, blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("审批人"),
    )
    decided_at = models.DateTimeField(_("审批时间"), null=True)
    decision = models.TextField(_("审批意见"), blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("时限调整")
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(verdict=""), name="one_adjustment_waits"
            )
        ]


class NumberCounter(models.Model):
    """How many cases a district opened on a day: the tail of the number people see."""

    prefix = models.CharField(max_length=16, primary_key=True)
    n = models.PositiveIntegerField()


class Tally(models.Model):
    """How many cases stand where: counted by the worker, exact together with the uncounted ones.

    `path` is a region's path, `parent_path` its parent's. `span` is "m" (month) or "d" (day) and
    `start` its first day, of the day the case was opened. `dim` is "s" (key "step|late") or
    "t" (key topic id).
    """

    path = models.CharField(max_length=40)
    parent_path = models.CharField(max_length=40)
    kind = models.CharField(max_length=20)
    span = models.CharField(max_length=1)
    start = models.DateField()
    dim = models.CharField(max_length=1)
    key = models.CharField(max_length=24)
    n = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["path", "span", "dim", "start", "kind", "key"], name="one_tally"
            )
        ]
        indexes = [
            models.Index(fields=["parent_path", "span", "dim", "start"], name="tally_children")
        ]
