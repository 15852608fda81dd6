"""People and their membership: sensitive data, seen only by who keeps the register and oneself."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from tongxin.kit.initials import initials_of
from tongxin.regions.models import Region

from ..scope import READERS, unit_reach
from .org import Org


@models.CharField.register_lookup
class Begins(models.Lookup):
    """`initials__begins="zm"`: the text begins with these letters, found by index on both databases.

    A range on both: SQLite's LIKE scans, and PostgreSQL plans a LIKE before it knows the letters.
    There it is a range of bytes, right under every collation, by an index of `varchar_pattern_ops`.
    """

    lookup_name = "begins"
    prepare_rhs = False

    def as_sql(self, compiler, connection):
        lhs, params = self.process_lhs(compiler, connection)
        if connection.vendor == "postgresql":
            least, below = "~>=~", "~<~"
        else:
            least, below = ">=", "<"
        sql = f"({lhs} {least} %s AND {lhs} {below} %s)"
        return sql, [*params, self.rhs, *params, self.rhs + LAST]


LAST = "\U0010ffff"  # sorts after every character there is


class PersonQuerySet(models.QuerySet["Person"]):
    def visible_to(self, actor) -> PersonQuerySet:
        """Return those whose membership the actor may see, guests of their branches, and the actor.

        A guest is a mobile member who has reported to a branch of the actor's (S3.43).
        """
        from .care import MobileStay

        kept = Membership.objects.standing().filter(unit_reach(actor, READERS, column="unit__path"))
        guests = MobileStay.objects.open().filter(unit_reach(actor, READERS, column="host__path"))
        return self.filter(
            Q(user=actor.pk)
            | Exists(kept.filter(person=OuterRef("pk")))
            | Exists(guests.filter(membership__person=OuterRef("pk")))
        )


class Person(models.Model):
    """Somebody a register knows: identity number and telephone sealed, searchable by exact match."""

    class Gender(models.TextChoices):
        FEMALE = "f", _("女")
        MALE = "m", _("男")

    class Education(models.TextChoices):
        PRIMARY = "primary", _("小学及以下")
        MIDDLE = "middle", _("初中")
        HIGH = "high", _("高中、中专")
        COLLEGE = "college", _("大专")
        BACHELOR = "bachelor", _("大学本科")
        MASTER = "master", _("研究生")

    name = models.CharField(_("姓名"), max_length=40)
    # First letters of the name's syllables ("zm" for 张敏), for finding people by typing.
    initials = models.CharField(max_length=20, blank=True, default="", editable=False)
    gender = models.CharField(_("性别"), max_length=1, choices=Gender, blank=True, default="")
    born_on = models.DateField(_("出生日期"), null=True, blank=True)
    # 居民身份证号 (GB 11643), checked before it is sealed.
    identity_sealed = models.TextField(_("身份证号（加密）"), blank=True, default="")
    identity_index = models.CharField(max_length=64, blank=True, default="", editable=False)
    phone_sealed = models.TextField(_("手机号（加密）"), blank=True, default="")
    phone_index = models.CharField(
        max_length=64, blank=True, default="", editable=False, db_index=True
    )
    # Keyed like the index of the whole number, of its last four digits: people are found by them.
    phone_tail = models.CharField(max_length=16, blank=True, default="", editable=False)
    ethnicity = models.CharField(_("民族"), max_length=20, blank=True, default="")
    education = models.CharField(_("学历"), max_length=8, choices=Education, blank=True, default="")
    occupation = models.CharField(_("职业（职务）"), max_length=40, blank=True, default="")
    home = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="people",
        verbose_name=_("居住社区"),
        limit_choices_to={"level": Region.Level.COMMUNITY},
    )
    # Where they live decides where they can serve, whatever their home branch (S0.41).
    grid = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("居住网格"),
        limit_choices_to={"level": Region.Level.GRID},
    )
    employer = models.ForeignKey(
        Org,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="staff",
        verbose_name=_("工作单位"),
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="person",
        verbose_name=_("用户"),
    )
    # The day on which they registered with the learning platform (学习强国, S4.42).
    learning_since = models.DateField(_("学习平台注册日期"), null=True, blank=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("人员")
        constraints = [
            models.UniqueConstraint(
                fields=["identity_index"],
                condition=~Q(identity_index=""),
                name="one_person_of_an_identity",
            ),
        ]
        indexes = [
            models.Index(fields=["name"], name="person_name", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["initials", "id"], name="person_by_initials"),
            models.Index(
                fields=["initials"], name="person_initials", opclasses=["varchar_pattern_ops"]
            ),
            models.Index(fields=["phone_tail"], name="person_phone_tail"),
            # SQLite does not see that a number asked for is not empty: the constraint's index,
            # which is of those alone, is of no use to it.
            models.Index(fields=["identity_index"], name="person_identity"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; whoever has no initials yet learns them. In bulk, `actions.prepare_person` does it."""
        self.initials = self.initials or initials_of(self.name)
        super().save(*args, **kwargs)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def visible_to(self, actor) -> MembershipQuerySet:
        """Return those of the units whose registers the actor keeps, and the actor's own."""
        return self.filter(
            unit_reach(actor, READERS, column="unit__path") | Q(person__user=actor.pk)
        )

    def standing(self) -> MembershipQuerySet:
        """Return those that have not ended."""
        return self.filter(to_date__isnull=True)

    def members(self) -> MembershipQuerySet:
        """Return standing members, full and probationary; applicants are none yet."""
        return self.standing().filter(stage__in=Membership.MEMBERS)


class Membership(models.Model):
    """Somebody's place in a home branch (组织关系) from a day to a day, and how far they have come."""

    class Stage(models.TextChoices):
        APPLICANT = "applicant", _("申请人")
        ACTIVIST = "activist", _("入党积极分子")
        CANDIDATE = "candidate", _("发展对象")
        PROBATIONARY = "probationary", _("预备党员")
        FULL = "full", _("正式党员")

    MEMBERS = (Stage.PROBATIONARY, Stage.FULL)

    class End(models.TextChoices):
        TRANSFER = "transfer", _("转出")
        DEATH = "death", _("去世")
        RESIGNED = "resigned", _("退党")
        REMOVED = "removed", _("除名")
        EXPELLED = "expelled", _("开除党籍")
        ENDED = "ended", _("终止培养")

    person = models.ForeignKey(
        Person, models.PROTECT, related_name="memberships", verbose_name=_("人员")
    )
    unit = models.ForeignKey(
        Org, models.PROTECT, related_name="memberships", verbose_name=_("所在党组织")
    )
    stage = models.CharField(_("发展阶段"), max_length=12, choices=Stage)
    from_date = models.DateField(_("进入日期"))
    to_date = models.DateField(_("离开日期"), null=True, blank=True)
    end = models.CharField(_("离开原因"), max_length=10, choices=End, blank=True, default="")
    applied_on = models.DateField(_("申请入党日期"), null=True, blank=True)
    # The day of the branch meeting that admitted them: 党龄 counts from full membership.
    admitted_on = models.DateField(_("入党日期"), null=True, blank=True)
    full_on = models.DateField(_("转正日期"), null=True, blank=True)
    in_service = models.BooleanField(_("在职党员"), default=False)
    is_mobile = models.BooleanField(_("流动党员"), default=False)
    lost_since = models.DateField(_("失联日期"), null=True, blank=True)
    # 停止党籍: decided by people, never by the system (党员教育管理工作条例, 2019).
    suspended_on = models.DateField(_("停止党籍日期"), null=True, blank=True)
    is_hardship = models.BooleanField(_("困难党员"), default=False)
    is_veteran = models.BooleanField(_("老党员"), default=False)
    # "7:abc": who registered it and the key they gave it, so that a retry acts once.
    key = models.CharField(max_length=120, blank=True, default="", editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("组织关系")
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(to_date__isnull=True), name="one_home_branch"
            ),
            models.UniqueConstraint(
                fields=["key"], condition=~Q(key=""), name="membership_registered_once"
            ),
            models.CheckConstraint(
                condition=Q(to_date__isnull=True) | Q(to_date__gte=F("from_date")),
                name="membership_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(to_date__isnull=True, end="") | Q(to_date__isnull=False),
                name="membership_end_has_a_day",
            ),
        ]
        indexes = [
            models.Index(
                fields=["unit", "stage"],
                name="membership_standing",
                condition=Q(to_date__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.unit}"
