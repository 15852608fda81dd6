"""The register: what was found, where, by whom, and who answers for it in which of three ways."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case
from tongxin.orgs.models import Org
from tongxin.orgs.scope import LAND_ROLES, posts_of, reach
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

# Who answers for a unit that is named in a finding: those who work it, not its volunteers.
UNIT_ROLES = frozenset(
    "handler officer leader dispatcher verifier secretary commissioner organiser".split()
)


def own_orgs(actor) -> set[int]:
    """Return the organisations for which the actor answers by a post."""
    return {post.org_id for post in posts_of(actor) if post.role in UNIT_ROLES}


class FindingKind(models.Model):
    """What kind of thing was found. Data with an effective date; what we composed is a sample."""

    code = models.CharField(_("代码"), max_length=20, unique=True)
    name = models.CharField(_("名称"), max_length=40)
    category = models.CharField(_("类别"), max_length=20)
    # Which responsibilities have to be named before a finding of this kind is written off (S0.63).
    duties = models.CharField(_("须明确的责任"), max_length=40, default="territory regulator main")
    days = models.PositiveSmallIntegerField(_("整改期限（天）"), default=15)
    keywords = models.CharField(_("关键词"), max_length=200, blank=True, default="")
    effective_from = models.DateField(_("启用日期"))
    effective_to = models.DateField(_("停用日期"), null=True, blank=True)
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("问题类别")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class FindingCounter(models.Model):
    """How many findings a register took up in a year: taken in the transaction that writes the row."""

    prefix = models.CharField(max_length=24, primary_key=True)  # "120116-2026"
    n = models.PositiveIntegerField()


class FindingQuerySet(models.QuerySet["Finding"]):
    def visible_to(self, actor) -> FindingQuerySet:
        """Return those on land one overlooks, those that name one's unit, and one's own.

        A unit sees what it answers for, never who reported it (`queries.may_see_finder`).
        """
        if actor is None or not actor.is_authenticated:
            return self.none()
        mine = FindingUnit.objects.filter(finding=OuterRef("pk"), org__in=own_orgs(actor))
        return self.filter(reach(actor, LAND_ROLES) | Q(found_by=actor.pk) | Exists(mine))

    def overseen_by(self, actor) -> FindingQuerySet:
        """Return those on land one overlooks: the ledger of officers, leaders and inspectors."""
        return self.filter(reach(actor, LAND_ROLES))

    def standing(self) -> FindingQuerySet:
        return self.exclude(step=Finding.Step.VOID)

    def unsettled(self) -> FindingQuerySet:
        return self.filter(step__in=(Finding.Step.OPEN, Finding.Step.ORDERED))


class Finding(models.Model):
    """Something somebody found wrong. Only `findings.actions` and the hooks of its flow write it."""

    class Step(models.TextChoices):
        OPEN = "open", _("待处置")
        ORDERED = "ordered", _("整改中")
        CORRECTED = "corrected", _("现场已纠正")
        CLOSED = "closed", _("已销号")
        VOID = "void", _("已作废")

    class Severity(models.TextChoices):
        NORMAL = "normal", _("一般")
        SERIOUS = "serious", _("较重")
        GRAVE = "grave", _("严重")

    id = models.UUIDField(primary_key=True)
    # The register is a district's: its six-digit code. Numbers run by year, without a gap.
    register = models.CharField(_("台账"), max_length=12)
    year = models.PositiveSmallIntegerField(_("年度"))
    n = models.PositiveIntegerField(_("序号"))
    number = models.CharField(_("编号"), max_length=16)
    step = models.CharField(_("状态"), max_length=10, choices=Step, default=Step.OPEN)

    region = models.ForeignKey(
        Region, models.PROTECT, related_name="+", db_index=False, verbose_name=_("区域")
    )
    area = models.CharField(max_length=40)
    site = models.CharField(_("点位"), max_length=120, blank=True, default="")
    lng = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    kind = models.ForeignKey(
        FindingKind, models.PROTECT, null=True, related_name="+", verbose_name=_("类别")
    )
    severity = models.CharField(_("程度"), max_length=8, choices=Severity, default=Severity.NORMAL)
    text = models.TextField(_("问题"))
    # Persons named (S0.68): sealed, opened by who oversees the place, for a reason, written down.
    named_sealed = models.TextField(blank=True, default="")
    tags = models.JSONField(_("政策标签"), default=list)

    found_at = models.DateTimeField(_("发现时间"))
    recorded_at = models.DateTimeField(_("登记时间"))
    found_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+",
        verbose_name=_("发现人"),
    )  # fmt: skip
    # Of a ledger that was brought in: the name it gives.
    found_by_name = models.CharField(_("发现人姓名"), max_length=40, blank=True, default="")
    source_kind = models.CharField(_("来源"), max_length=20, blank=True, default="")
    source_id = models.CharField(max_length=40, blank=True, default="")
    source_label = models.CharField(_("来源名称"), max_length=120, blank=True, default="")
    source_url = models.CharField(max_length=200, blank=True, default="")

    is_on_the_spot = models.BooleanField(_("现场纠正"), default=False)
    # What was done, as the ledger says it: on the spot, or the measures of the plan.
    measures = models.TextField(_("整改措施"), blank=True, default="")
    result = models.TextField(_("完成情况"), blank=True, default="")
    deadline = models.DateField(_("整改时限"), null=True, blank=True)
    rechecked_by_name = models.CharField(_("复查人"), max_length=40, blank=True, default="")
    closed_at = models.DateTimeField(_("销号时间"), null=True)

    # Money of a fund (S0.78): in fen, and which fund it is.
    fund = models.CharField(_("资金（项目）"), max_length=120, blank=True, default="")
    due_fen = models.PositiveBigIntegerField(_("应到位（分）"), null=True, blank=True)
    paid_fen = models.PositiveBigIntegerField(_("已到位（分）"), null=True, blank=True)

    case = models.ForeignKey(
        Case, models.PROTECT, null=True, related_name="+", verbose_name=_("整改单")
    )
    group = models.ForeignKey(
        "findings.FindingGroup", models.SET_NULL, null=True, related_name="findings",
        verbose_name=_("共性问题"),
    )  # fmt: skip
    # 反复: the latest one before it of the same kind, at the same unit or site.
    repeat_of = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="repeats", verbose_name=_("前一次")
    )
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("问题")
        constraints = [
            models.UniqueConstraint(
                fields=["register", "year", "n"], name="one_finding_of_a_number"
            ),
            models.CheckConstraint(
                condition=Q(due_fen__isnull=True, paid_fen__isnull=True)
                | Q(due_fen__isnull=False, paid_fen__isnull=False, paid_fen__lte=F("due_fen")),
                name="finding_paid_within_due",
            ),
            models.CheckConstraint(
                condition=Q(step__in=["open", "ordered"], closed_at__isnull=True)
                | Q(step__in=["corrected", "closed", "void"], closed_at__isnull=False),
                name="finding_closed_with_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["area", "-id"], name="finding_area"),
            models.Index(fields=["source_kind", "source_id"], name="finding_source"),
            models.Index(fields=["found_by", "-id"], name="finding_finder"),
            models.Index(
                fields=["deadline"], name="finding_due",
                condition=Q(step__in=["open", "ordered"]),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.number} {self.text[:40]}"

    @property
    def is_settled(self) -> bool:
        return self.closed_at is not None

    @property
    def title(self) -> str:
        """Return the first line of the matter, short enough for a list."""
        line = self.text.partition("\n")[0]
        return line if len(line) <= 60 else line[:59] + "…"

    @property
    def unpaid_fen(self) -> int:
        return (self.due_fen or 0) - (self.paid_fen or 0)


class FindingUnit(models.Model):
    """A unit that answers for a finding, in one of three ways; `supervised` once it is pressed."""

    class Responsibility(models.TextChoices):
        TERRITORY = "territory", _("属地责任")
        REGULATOR = "regulator", _("监管责任")
        MAIN = "main", _("主体责任")

    finding = models.ForeignKey(Finding, models.CASCADE, related_name="units")
    org = models.ForeignKey(
        Org, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("单位")
    )
    name = models.CharField(_("单位名称"), max_length=100)
    responsibility = models.CharField(_("责任类型"), max_length=10, choices=Responsibility)
    supervised = models.BooleanField(_("被督办"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("责任单位")
        constraints = [
            models.UniqueConstraint(
                fields=["finding", "name", "responsibility"], name="one_duty_of_a_unit"
            )
        ]
        indexes = [
            models.Index(fields=["org"], name="finding_unit_org", condition=Q(org__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.get_responsibility_display()}）"

    @property
    def duty(self) -> str:
        """Return the responsibility in two characters, for a crowded table."""
        return str(SHORT_DUTIES[self.responsibility])


SHORT_DUTIES = {"territory": _("属地"), "regulator": _("监管"), "main": _("主体")}


class FindingPhoto(models.Model):
    """A picture of a finding, in its slot and place."""

    class Slot(models.TextChoices):
        BEFORE = "before", _("整改前")
        AFTER = "after", _("整改后")
        PROOF = "proof", _("佐证")

    finding = models.ForeignKey(Finding, models.CASCADE, related_name="pictures")
    photo = models.ForeignKey(Photo, models.PROTECT, related_name="+")
    slot = models.CharField(_("类别"), max_length=8, choices=Slot, default=Slot.BEFORE)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("问题照片")
        ordering = ("order", "id")
        constraints = [
            models.UniqueConstraint(fields=["finding", "photo"], name="one_place_of_a_photo")
        ]

    def __str__(self) -> str:
        return f"{self.finding.number} {self.get_slot_display()}"
