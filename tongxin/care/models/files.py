"""The file of somebody who needs care: sealed, read by need, opened with a reason, forgotten in time."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Person
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

from ..scope import duty_paths, overseeing_paths, own_grids, paths_q

User = settings.AUTH_USER_MODEL
GRID = {"level__in": (Region.Level.GRID,)}


class CareDuty(models.Model):
    """Who is the care officer (关爱专员) of a community; in force while they hold a post there."""

    user = models.ForeignKey(
        User, models.PROTECT, related_name="care_duties", verbose_name=_("关爱专员")
    )
    region = models.ForeignKey(
        Region, models.PROTECT, related_name="care_duties", verbose_name=_("社区")
    )
    from_date = models.DateField(_("起"))
    to_date = models.DateField(_("止"), null=True, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("指定人"))

    class Meta:
        verbose_name = verbose_name_plural = _("关爱专员")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "region"],
                condition=Q(to_date__isnull=True),
                name="one_care_duty",
            ),
            models.CheckConstraint(
                condition=Q(to_date__isnull=True) | Q(to_date__gte=F("from_date")),
                name="care_duty_ends_after",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.region}"


class ImpactQuerySet(models.QuerySet["Impact"]):
    def visible_to(self, actor) -> ImpactQuerySet:
        """Return those of the land where the actor has the care of people, or oversees it."""
        seen = Q(pk__in=[])
        for path in (*duty_paths(actor), *overseeing_paths(actor)):
            # Those of the place, and those of the land above it that hold there too.
            seen |= Q(region__path__under=path)
            parts = path.rstrip("/").split("/")
            above = ["/".join(parts[:n]) + "/" for n in range(1, len(parts))]
            seen |= Q(region__path__in=above)
        return self.filter(seen)


class Impact(models.Model):
    """A personal information impact assessment (个人信息保护影响评估, PIPL §55, §56) of one purpose.

    No file is opened for a purpose without one in force; it is kept at least three years.
    """

    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("适用区域"))
    purpose = models.CharField(_("处理目的"), max_length=60)
    legality = models.TextField(_("目的、方式是否合法、正当、必要"))
    data = models.TextField(_("收集哪些信息，为什么不能再少"))
    risks = models.TextField(_("对个人权益的影响和安全风险"))
    measures = models.TextField(_("保护措施是否合法、有效、与风险相适应"))
    is_accepted = models.BooleanField(_("可以开展"), null=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("评估人"))
    made_at = models.DateTimeField(_("评估时间"))
    settled_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("审定人")
    )
    settled_at = models.DateTimeField(_("审定时间"), null=True)
    note = models.CharField(_("审定意见"), max_length=300, blank=True, default="")
    valid_until = models.DateField(_("有效期至"))

    objects = ImpactQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("个人信息保护影响评估")
        constraints = [
            models.CheckConstraint(
                condition=Q(settled_by__isnull=True) | ~Q(settled_by=F("made_by")),
                name="care_impact_settled_by_another",
            )
        ]

    def __str__(self) -> str:
        return self.purpose


class NumberRow(models.Model):
    """How many numbers of a year have been given in a community."""

    region = models.ForeignKey(Region, models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["region", "year"], name="one_care_number_row")
        ]


class CareFileQuerySet(models.QuerySet["CareFile"]):
    def visible_to(self, actor) -> CareFileQuerySet:
        """Return those the actor reads by need: of their grid, of their community, cared for by them.

        Nobody else: no leader, no officer, no inspector, not the administrator. One's own file is
        read through `queries.own_files`.
        """
        if actor is None or not actor.is_authenticated:
            return self.none()
        named = Carer.objects.filter(file=OuterRef("pk"), user=actor.pk, to_date__isnull=True)
        land = paths_q((*own_grids(actor), *duty_paths(actor)), "area")
        return self.filter(land | Exists(named))

    def standing(self) -> CareFileQuerySet:
        return self.filter(closed_at__isnull=True)


class CareFile(models.Model):
    """Somebody who is looked after: everything personal sealed, in the open only kind and building."""

    class Basis(models.TextChoices):
        CONSENT = "consent", _("本人（监护人）单独同意")
        STATUTE = "statute", _("履行法定职责")

    class Consenter(models.TextChoices):
        SELF = "self", _("本人")
        GUARDIAN = "guardian", _("监护人")

    class How(models.TextChoices):
        PAPER = "paper", _("纸质签字")
        WITNESSED = "witnessed", _("口头同意，有见证人")
        ONLINE = "online", _("本人在线同意")

    class End(models.TextChoices):
        WITHDRAWN = "withdrawn", _("撤回同意")
        EXPIRED = "expired", _("到期未续")
        DELETED = "deleted", _("应本人要求删除")
        MOVED = "moved", _("迁出")
        DIED = "died", _("去世")
        BETTER = "better", _("不再需要")

    id = models.UUIDField(primary_key=True)
    number = models.CharField(_("档案号"), max_length=12)  # "2026-0012", counted by community
    community = models.ForeignKey(
        Region, models.PROTECT, related_name="care_files", verbose_name=_("社区")
    )
    grid = models.ForeignKey(
        Region, models.PROTECT, related_name="+", verbose_name=_("网格"), limit_choices_to=GRID
    )
    area = models.CharField(max_length=40, db_index=True)  # the grid's path
    kind = models.CharField(_("类别"), max_length=16)
    building = models.CharField(_("楼栋"), max_length=40, blank=True, default="")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="care_files")
    # The person's own account, by which they read their sheet.
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="care_files")
    name_sealed = models.TextField(blank=True, default="")
    name_index = models.CharField(max_length=64, blank=True, default="")
    # Door, telephone, needs, situation, whom to call: JSON, sealed as one.
    body_sealed = models.TextField(blank=True, default="")
    impact = models.ForeignKey(
        Impact, models.PROTECT, related_name="files", verbose_name=_("处理目的")
    )
    basis = models.CharField(_("依据"), max_length=8, choices=Basis)
    statute = models.CharField(_("法律条款"), max_length=200, blank=True, default="")
    consented_on = models.DateField(_("同意日期"), null=True)
    consented_by = models.CharField(
        _("同意人"), max_length=8, choices=Consenter, blank=True, default=""
    )
    consented_how = models.CharField(
        _("同意方式"), max_length=10, choices=How, blank=True, default=""
    )
    paper = models.ForeignKey(Photo, models.PROTECT, null=True, related_name="+")
    expires_on = models.DateField(_("有效期至"))
    next_due_on = models.DateField(_("下次走访"), null=True)
    visited_on = models.DateField(_("最近走访"), null=True)
    opened_at = models.DateTimeField(_("建档时间"))
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(_("结束时间"), null=True)
    end = models.CharField(_("结束原因"), max_length=10, choices=End, blank=True, default="")
    forget_on = models.DateField(_("清除日期"), null=True)
    forgotten_at = models.DateTimeField(_("已清除"), null=True)
    version = models.PositiveIntegerField(default=1)
    key = models.CharField(max_length=120, blank=True, default="")

    objects = CareFileQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("关爱档案")
        constraints = [
            models.UniqueConstraint(fields=["community", "number"], name="one_care_number"),
            models.UniqueConstraint(
                fields=["key"], condition=~Q(key=""), name="care_file_opened_once"
            ),
            models.UniqueConstraint(
                fields=["community", "kind", "name_index", "building"],
                condition=Q(closed_at__isnull=True),
                name="one_care_file_of_a_name",
            ),
            models.CheckConstraint(
                condition=Q(basis="statute", consented_on__isnull=True) & ~Q(statute="")
                | Q(basis="consent", consented_on__isnull=False),
                name="care_file_has_a_basis",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, end="") | Q(closed_at__isnull=False),
                name="care_file_end_has_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_due_on"], name="care_due", condition=Q(closed_at__isnull=True)
            ),
            models.Index(fields=["user"], name="care_own", condition=Q(user__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def object_word(self) -> str:
        """What the audit calls it: no name."""
        return f"care.file:{self.pk}"


class CarerQuerySet(models.QuerySet["Carer"]):
    def visible_to(self, actor) -> CarerQuerySet:
        return self.filter(file__in=CareFile.objects.visible_to(actor))


class Carer(models.Model):
    """Who looks after somebody by name, from a day to a day; a hand-over ends one and begins another."""

    file = models.ForeignKey(CareFile, models.CASCADE, related_name="carers")
    user = models.ForeignKey(User, models.PROTECT, related_name="cares", verbose_name=_("关爱人"))
    from_date = models.DateField(_("起"))
    to_date = models.DateField(_("止"), null=True)
    handed_on = models.CharField(_("交接说明"), max_length=200, blank=True, default="")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = CarerQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("关爱人")
        constraints = [
            models.UniqueConstraint(
                fields=["file", "user"], condition=Q(to_date__isnull=True), name="one_carer"
            )
        ]


class Look(models.Model):
    """That somebody opened something sealed on a day, and why: once a day, whatever is read then."""

    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("查看人"))
    what = models.CharField(max_length=60)  # "care.file:<id>", "care.round:<id>"
    file = models.ForeignKey(CareFile, models.PROTECT, null=True, related_name="looks")
    day = models.DateField(_("日期"))
    at = models.DateTimeField(_("时间"))
    reason = models.CharField(_("理由"), max_length=300)
    # As what they looked, in words; the person reads it in their sheet.
    role = models.CharField(_("身份"), max_length=20)

    class Meta:
        verbose_name = verbose_name_plural = _("查看记录")
        constraints = [
            models.UniqueConstraint(fields=["user", "what", "day"], name="one_care_look_a_day")
        ]


class RightsQuerySet(models.QuerySet["RightsRequest"]):
    def visible_to(self, actor) -> RightsQuerySet:
        """Return those of files in the care of the actor's community: the officer answers them."""
        return self.filter(paths_q(duty_paths(actor), "file__area"))


class RightsRequest(models.Model):
    """A wish of the person about their own data (PIPL §44–47): see, copy, correct, delete, withdraw."""

    class Kind(models.TextChoices):
        COPY = "copy", _("查阅、复制")
        CORRECT = "correct", _("更正、补充")
        DELETE = "delete", _("删除")
        WITHDRAW = "withdraw", _("撤回同意")

    class Answer(models.TextChoices):
        OPEN = "", _("待答复")
        DONE = "done", _("已办理")
        REFUSED = "refused", _("未同意")

    file = models.ForeignKey(CareFile, models.PROTECT, related_name="rights")
    kind = models.CharField(_("请求"), max_length=8, choices=Kind)
    text_sealed = models.TextField(blank=True, default="")
    asked_at = models.DateTimeField(_("提出时间"))
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("提出人"))
    due_on = models.DateField(_("答复期限"))
    answer = models.CharField(_("结果"), max_length=8, choices=Answer, blank=True, default="")
    words = models.CharField(_("答复"), max_length=300, blank=True, default="")
    answered_at = models.DateTimeField(_("答复时间"), null=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = RightsQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("个人信息权利请求")

    def __str__(self) -> str:
        return str(self.get_kind_display())
