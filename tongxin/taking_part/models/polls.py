"""Polls (表决): rule, roll, ballots.

A secret poll keeps who has voted and what was voted apart, by construction:

- `RollEntry` says that somebody has voted, and by which way; it has no column of what or when.
- `Ballot` has a random id (no sequence, no time), the choice, and the hash of a receipt that only the
  voter holds; its `entry` is NULL, and the database refuses anything else (`secret_has_no_name`).
- Nothing writes an event, audit line, notice or kept answer for a ballot.
- What a database itself remembers (order of rows, transaction ids) is destroyed by `actions.stir`:
  all ballots of the poll are written anew in random order in one transaction, by the worker while
  the poll is open and once more when it closes.

Not hidden from who reads the disk or the write-ahead log while people vote; see docs/operations.md.
A receipt shows that a ballot is counted, never its choice: it cannot be sold (receipt-freeness).
"""

from __future__ import annotations

import uuid
from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from .common import watch_reach
from .motions import Motion

User = settings.AUTH_USER_MODEL


class Electorate(models.TextChoices):
    """Who is asked."""

    HOUSEHOLDS = "households", _("户代表（一户一票）")
    RESIDENTS = "residents", _("居民（村民）")
    DELEGATES = "delegates", _("居民（村民）代表")
    OWNERS = "owners", _("业主（人数和面积）")
    MEMBERS = "members", _("党员")


class PollRuleQuerySet(models.QuerySet["PollRule"]):
    def in_force(self, code: str, on: date) -> PollRule | None:
        rows = self.filter(code=code, effective_from__lte=on)
        return rows.order_by("-effective_from", "-pk").first()

    def public(self) -> PollRuleQuerySet:
        """Rules are for everybody to read."""
        return self.all()


class PollRule(models.Model):
    """Quorum and majority as fractions, with the source; a new version supersedes.

    `strict`: more than the fraction (过半数), else at least (三分之二以上). `majority_of`: of those
    who took part, or of the whole roll. Owners: the same fractions of heads and of area (民法典 §278).
    """

    class Of(models.TextChoices):
        CAST = "cast", _("参加表决的")
        ROLL = "roll", _("名册全体")

    code = models.CharField(_("代码"), max_length=20)
    name = models.CharField(_("名称"), max_length=60)
    electorate = models.CharField(_("表决人"), max_length=10, choices=Electorate)
    version = models.CharField(_("版本"), max_length=20)
    effective_from = models.DateField(_("施行日期"))
    quorum_num = models.PositiveSmallIntegerField()
    quorum_den = models.PositiveSmallIntegerField()
    quorum_strict = models.BooleanField()
    majority_num = models.PositiveSmallIntegerField()
    majority_den = models.PositiveSmallIntegerField()
    majority_strict = models.BooleanField()
    majority_of = models.CharField(max_length=4, choices=Of, default=Of.CAST)
    by_area = models.BooleanField(_("同时按面积"), default=False)
    may_be_secret = models.BooleanField(_("可以无记名"), default=True)
    proxy_most = models.PositiveSmallIntegerField(_("一人最多代几票"), default=0)
    roll_days = models.PositiveSmallIntegerField(_("名册公示天数"))
    # A secret poll with fewer ballots publishes its outcome only: figures would tell who voted how.
    least_shown = models.PositiveSmallIntegerField(_("公布票数的最少票数"), default=10)
    source = models.CharField(_("依据"), max_length=200)
    # Which text of the law the figures were read from, and the day from which a newer text is in
    # force that they were not checked against (None: none that we know of).
    text_version = models.CharField(_("所据文本"), max_length=40, blank=True, default="")
    newer_from = models.DateField(_("新文本施行日期"), null=True, blank=True)
    newer_text = models.CharField(_("新文本"), max_length=100, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)

    objects = PollRuleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("表决规则")
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_poll_rule"),
            models.CheckConstraint(
                condition=Q(quorum_den__gt=0, majority_den__gt=0)
                & Q(quorum_num__lte=F("quorum_den"))
                & Q(majority_num__lte=F("majority_den")),
                name="poll_rule_of_fractions",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.version}）"

    def is_dated(self, on: date) -> bool:
        """Say whether a newer text of the law is in force on a day than the figures were read from."""
        return self.newer_from is not None and self.newer_from <= on


class PollQuerySet(models.QuerySet["Poll"]):
    def public(self) -> PollQuerySet:
        """Return polls whose roll is posted, or that are further."""
        return self.filter(state__in=("posted", "open", "closed", "published"))

    def visible_to(self, actor) -> PollQuerySet:
        return self.filter(watch_reach(actor, "community__path"))


class Poll(models.Model):
    """A question put to an electorate, from its draft to its published result."""

    class State(models.TextChoices):
        DRAFT = "draft", _("筹备中")
        POSTED = "posted", _("名册公示")
        OPEN = "open", _("表决中")
        CLOSED = "closed", _("已截止，待公布")
        PUBLISHED = "published", _("已公布")
        VOID = "void", _("已作废")

    class Kind(models.TextChoices):
        DECISION = "decision", _("赞成、反对、弃权")
        CHOICE = "choice", _("多个方案选一个")

    community = models.ForeignKey(
        Region, models.PROTECT, related_name="polls", verbose_name=_("社区（村）")
    )
    motion = models.ForeignKey(Motion, models.PROTECT, null=True, related_name="polls")
    title = models.CharField(_("表决事项"), max_length=100)
    text = models.TextField(_("表决内容"))
    kind = models.CharField(_("表决方式"), max_length=10, choices=Kind, default=Kind.DECISION)
    options = models.JSONField(_("选项"))  # [{"code", "text"}]
    electorate = models.CharField(_("表决人"), max_length=10, choices=Electorate)
    unit = models.ForeignKey(
        Org, models.PROTECT, null=True, related_name="polls", verbose_name=_("党组织")
    )
    is_secret = models.BooleanField(_("无记名"))
    rule = models.ForeignKey(PollRule, models.PROTECT, related_name="polls", verbose_name=_("规则"))
    opens_at = models.DateTimeField(_("开始"))
    closes_at = models.DateTimeField(_("截止"))
    posted_at = models.DateTimeField(_("名册公示时间"), null=True)
    objections_until = models.DateField(_("异议截止"), null=True)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.DRAFT)
    # Frozen when it opens: how many may vote, their area in 0.01 m², and a hash over the roll.
    roll_size = models.PositiveIntegerField(default=0)
    roll_area = models.BigIntegerField(default=0)
    roll_hash = models.CharField(max_length=64, blank=True, default="")
    # {"cast", "cast_area", "counts": {code: n}, "areas": {code: n}, "passed", "winner", "why": […]}
    result = models.JSONField(default=dict)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    void_reason = models.CharField(max_length=200, blank=True, default="")
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = PollQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("表决")
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")), name="poll_closes_after_it_opens"
            ),
            models.UniqueConstraint(
                fields=["motion"],
                condition=Q(motion__isnull=False) & ~Q(state__in=["void", "published"]),
                name="one_poll_of_a_motion_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["community", "-id"], name="polls_of_community"),
            models.Index(
                fields=["closes_at"], name="poll_running",
                condition=Q(state__in=["posted", "open"]),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title


class RollEntryQuerySet(models.QuerySet["RollEntry"]):
    def visible_to(self, actor) -> RollEntryQuerySet:
        """Return the rolls of the land the actor keeps. Membership is sensitive: see `queries`."""
        return self.filter(watch_reach(actor, "poll__community__path"))

    def standing(self) -> RollEntryQuerySet:
        return self.filter(struck_reason="")


class RollEntry(models.Model):
    """A vote somebody has: a household's, a person's, a delegate's. Name and telephone are sealed."""

    class Way(models.TextChoices):
        ONLINE = "online", _("线上")
        PAPER = "paper", _("纸质")

    poll = models.ForeignKey(Poll, models.PROTECT, related_name="roll")
    # Keyed index of the household or person: the second of the same is refused by the database.
    key_index = models.CharField(max_length=64)
    place = models.CharField(_("楼门户"), max_length=60, blank=True, default="")
    name_sealed = models.TextField()
    name_shown = models.CharField(_("姓名"), max_length=40)  # masked
    phone_sealed = models.TextField(blank=True, default="")
    phone_index = models.CharField(max_length=64, blank=True, default="")
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    area = models.PositiveBigIntegerField(_("面积（0.01 平方米）"), default=0)
    # Who votes in this one's place, by a written authorisation.
    proxy = models.ForeignKey("self", models.PROTECT, null=True, related_name="proxied")
    proxy_note = models.CharField(_("委托书"), max_length=100, blank=True, default="")
    has_voted = models.BooleanField(_("已表决"), default=False)
    way = models.CharField(max_length=6, choices=Way, blank=True, default="")
    struck_reason = models.CharField(_("删除理由"), max_length=200, blank=True, default="")

    objects = RollEntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("表决名册")
        constraints = [
            models.UniqueConstraint(fields=["poll", "key_index"], name="one_vote_each"),
        ]
        indexes = [
            models.Index(fields=["phone_index"], name="roll_by_phone", condition=~Q(phone_index="")),
            models.Index(fields=["user"], name="roll_by_user", condition=Q(user__isnull=False)),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.place} {self.name_shown}".strip()


class RollObjectionQuerySet(models.QuerySet["RollObjection"]):
    def visible_to(self, actor) -> RollObjectionQuerySet:
        return self.filter(
            watch_reach(actor, "poll__community__path") | Q(user=getattr(actor, "pk", None) or 0)
        )


class RollObjection(models.Model):
    """What somebody says against a posted roll, and the answer; before it opens all are answered."""

    poll = models.ForeignKey(Poll, models.PROTECT, related_name="objections")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    text = models.CharField(_("异议"), max_length=300)
    at = models.DateTimeField()
    answer = models.CharField(_("答复"), max_length=300, blank=True, default="")
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    objects = RollObjectionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("名册异议")


class PaperBatchQuerySet(models.QuerySet["PaperBatch"]):
    def visible_to(self, actor) -> PaperBatchQuerySet:
        return self.filter(watch_reach(actor, "poll__community__path"))


class PaperBatch(models.Model):
    """Paper ballots counted by two clerks on their own; they count once both say the same.

    `counts` are sealed and forgotten when the batch is counted: afterwards a batch says who handed in
    paper, never what. In a named poll all papers of a batch say the same choice.
    """

    poll = models.ForeignKey(Poll, models.PROTECT, related_name="batches")
    entries = models.JSONField()  # ids on the roll
    counts_sealed = models.TextField(blank=True, default="")
    first_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    first_at = models.DateTimeField()
    second_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    counted_at = models.DateTimeField(null=True)

    objects = PaperBatchQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("纸质票")
        constraints = [
            models.CheckConstraint(
                condition=Q(second_by__isnull=True) | ~Q(second_by=F("first_by")),
                name="paper_by_two_clerks",
            )
        ]


class Ballot(models.Model):
    """One vote cast. See the module: in a secret poll nothing leads from it to a person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    poll = models.ForeignKey(Poll, models.PROTECT, related_name="ballots")
    is_secret = models.BooleanField()
    choice = models.CharField(max_length=10)
    entry = models.OneToOneField(RollEntry, models.PROTECT, null=True, related_name="ballot")
    receipt_hash = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = _("选票")
        constraints = [
            models.CheckConstraint(
                condition=Q(is_secret=True, entry__isnull=True)
                | Q(is_secret=False, entry__isnull=False),
                name="secret_has_no_name",
            ),
            models.UniqueConstraint(
                fields=["poll", "receipt_hash"],
                condition=~Q(receipt_hash=""),
                name="one_ballot_of_a_receipt",
            ),
        ]
        indexes = [models.Index(fields=["poll", "choice"], name="ballots_counted")]
