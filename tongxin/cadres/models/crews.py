"""The crew of a grid, mixed of four kinds of people; what they answer for; points kept by turns."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.regions.models import Region

from ..scope import LOOKS, in_field, lands
from .secondments import Secondment


class Field(models.TextChoices):
    """The three fields of work that go down to the grid (S3.14)."""

    SERVICE = "service", _("公共服务")
    MANAGEMENT = "management", _("管理")
    SAFETY = "safety", _("安全")


class ActorKind(models.TextChoices):
    """Who does it: 政府主导、社会参与、多元共治 (S0.45)."""

    GOVERNMENT = "government", _("政府")
    SOCIAL = "social", _("社会")
    RESIDENT = "resident", _("居民")


class CrewQuerySet(models.QuerySet["GridCrew"]):
    def visible_to(self, actor) -> CrewQuerySet:
        """Return those of the actor's land or community, and the crews the actor belongs to."""
        mine = CrewMember.objects.filter(user=actor.pk, to_date__isnull=True).values("crew")
        return self.filter(
            lands(actor, (*LOOKS, "grid_worker"), column="grid__path")
            | in_field(actor, column="grid__parent__path")
            | Q(pk__in=mine)
        )


class GridCrew(models.Model):
    """The people of one grid (网格力量), whoever sent them."""

    grid = models.OneToOneField(
        Region,
        models.PROTECT,
        related_name="crew",
        verbose_name=_("网格"),
        limit_choices_to={"level": Region.Level.GRID},
    )
    made_at = models.DateTimeField(_("组建时间"))

    objects = CrewQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("网格力量")

    def __str__(self) -> str:
        return str(self.grid)


class CrewMember(models.Model):
    """Somebody of a crew, as one of the four kinds (S0.42), from a day to a day."""

    class Kind(models.TextChoices):
        SECONDED = "seconded", _("下沉干部")
        GRASSROOTS = "grassroots", _("基层干部")
        IN_SERVICE = "in_service", _("在职党员")
        VOLUNTEER = "volunteer", _("志愿者")

    crew = models.ForeignKey(GridCrew, models.CASCADE, related_name="members")
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("人员")
    )
    secondment = models.ForeignKey(
        Secondment, models.PROTECT, null=True, blank=True, related_name="+"
    )
    from_date = models.DateField(_("编入日期"))
    to_date = models.DateField(_("离开日期"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("网格成员")
        constraints = [
            models.UniqueConstraint(
                fields=["crew", "user"], condition=Q(to_date__isnull=True), name="once_in_a_crew"
            ),
            models.CheckConstraint(
                condition=~Q(kind="seconded") | Q(secondment__isnull=False),
                name="seconded_by_a_secondment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_kind_display()}"


class CrewDuty(models.Model):
    """What a crew answers for in its grid, in which field, and who of it does it."""

    crew = models.ForeignKey(GridCrew, models.CASCADE, related_name="duties")
    name = models.CharField(_("职责"), max_length=60)
    field = models.CharField(_("领域"), max_length=12, choices=Field)
    actor = models.CharField(_("主体"), max_length=12, choices=ActorKind)
    member = models.ForeignKey(
        CrewMember,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="duties",
        verbose_name=_("负责人"),
    )
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("网格职责")
        constraints = [
            models.UniqueConstraint(
                fields=["crew", "name"], condition=Q(ended_on__isnull=True), name="one_duty"
            )
        ]

    def __str__(self) -> str:
        return self.name


class PointQuerySet(models.QuerySet["RotationPoint"]):
    def visible_to(self, actor) -> PointQuerySet:
        """Return those of the actor's land or community, and those the actor has turns at."""
        mine = RotationTurn.objects.filter(secondment__person__user=actor.pk).values("point")
        return self.filter(
            lands(actor, LOOKS, column="community__path")
            | in_field(actor, column="community__path")
            | Q(pk__in=mine)
        )


class RotationPoint(models.Model):
    """A post that is kept all the time by people who take turns (轮岗驻点, S3.15)."""

    name = models.CharField(_("点位"), max_length=60)
    community = models.ForeignKey(
        Region, models.PROTECT, related_name="rotation_points", verbose_name=_("社区")
    )
    # "08:00-16:00 16:00-24:00": the shifts of a day, as hours of working time are written.
    shifts = models.CharField(_("班次"), max_length=100)
    hands = models.PositiveSmallIntegerField(_("每班人数"), default=1)
    closed_on = models.DateField(_("撤点日期"), null=True, blank=True)

    objects = PointQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("驻点")
        constraints = [
            models.UniqueConstraint(
                fields=["community", "name"],
                condition=Q(closed_on__isnull=True),
                name="one_point_of_a_name",
            )
        ]

    def __str__(self) -> str:
        return self.name


class RotationTurn(models.Model):
    """Somebody's turn at a point: a day, and which of its shifts."""

    point = models.ForeignKey(RotationPoint, models.CASCADE, related_name="turns")
    secondment = models.ForeignKey(Secondment, models.PROTECT, related_name="turns")
    starts_at = models.DateTimeField(_("开始"))
    ends_at = models.DateTimeField(_("结束"))

    class Meta:
        verbose_name = verbose_name_plural = _("轮值")
        constraints = [
            models.UniqueConstraint(fields=["point", "secondment", "starts_at"], name="one_turn"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="turn_ends_after_it_starts"
            ),
        ]
        indexes = [models.Index(fields=["secondment", "starts_at"], name="turn_of_secondment")]

    def __str__(self) -> str:
        return f"{self.point} {self.starts_at:%Y-%m-%d %H:%M}"
