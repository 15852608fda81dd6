"""What happens to organisations, and who belongs to those that hold no membership."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ..scope import READERS, register_reach, unit_reach
from .org import Org
from .people import Person


class OrgChange(models.Model):
    """One change of a unit: the history out of which the tree of any day is read. Append-only.

    `on` is the effective day. `parent_*` and `name_*` are filled only where they changed; of two
    changes on one day the later row counts. `other` is the unit it was merged into or split from.
    """

    class Kind(models.TextChoices):
        FOUND = "found", _("新建")
        REBUILD = "rebuild", _("改建")
        MERGE = "merge", _("合并")
        SPLIT = "split", _("分设")
        AFFILIATION = "affiliation", _("调整隶属")
        DISSOLVE = "dissolve", _("撤销")
        TAKE_OVER = "take_over", _("接收")
        GIVE_BACK = "give_back", _("撤回接收")
        EXTEND = "extend", _("延期")
        BIND = "bind", _("调整覆盖")

    unit = models.ForeignKey(Org, models.PROTECT, related_name="changes", verbose_name=_("组织"))
    kind = models.CharField(_("变动"), max_length=12, choices=Kind)
    on = models.DateField(_("生效日期"))
    parent_before = models.ForeignKey(
        Org, models.PROTECT, null=True, related_name="+", verbose_name=_("原上级")
    )
    parent_after = models.ForeignKey(
        Org, models.PROTECT, null=True, related_name="+", verbose_name=_("现上级")
    )
    name_before = models.CharField(_("原名称"), max_length=100, blank=True, default="")
    name_after = models.CharField(_("现名称"), max_length=100, blank=True, default="")
    other = models.ForeignKey(
        Org, models.PROTECT, null=True, related_name="+", verbose_name=_("相关组织")
    )
    document = models.CharField(_("文号"), max_length=60, blank=True, default="")
    reason = models.CharField(_("事由"), max_length=300, blank=True, default="")
    # What else changed, in words for people: {"words": [...], "grids": [...]}.
    data = models.JSONField(default=dict)
    batch = models.ForeignKey(
        "TakeOver", models.PROTECT, null=True, related_name="changes", verbose_name=_("批次")
    )
    # "7:abc": whose wish it was and the key they gave it, so that a retry acts once.
    key = models.CharField(max_length=120, blank=True, default="")
    at = models.DateTimeField(_("记录时间"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("经办"),
    )

    class Meta:
        verbose_name = verbose_name_plural = _("组织沿革")
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="org_change_once")
        ]
        indexes = [
            models.Index(fields=["unit", "on"], name="org_change_of_unit"),
            models.Index(fields=["kind", "on"], name="org_change_of_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.get_kind_display()} · {self.on}"


class UnitCover(models.Model):
    """A party unit that covers an organisation: a firm's own branch, or a joint branch of several.

    支部工作条例（试行）第五条: a joint branch covers, as a rule, no more than five units.
    """

    unit = models.ForeignKey(Org, models.PROTECT, related_name="covers", verbose_name=_("党组织"))
    org = models.ForeignKey(
        Org, models.PROTECT, related_name="covered_by", verbose_name=_("覆盖单位")
    )
    from_date = models.DateField(_("起"))
    to_date = models.DateField(_("止"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("覆盖单位")
        constraints = [
            models.UniqueConstraint(
                fields=["org"], condition=Q(to_date__isnull=True), name="covered_by_one_unit"
            ),
            models.CheckConstraint(
                condition=Q(to_date__isnull=True) | Q(to_date__gte=F("from_date")),
                name="cover_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {self.org}"


class OfPersonQuerySet(models.QuerySet):
    def visible_to(self, actor):
        """Return those of the units whose registers the actor may read, and the actor's own."""
        reach = unit_reach(actor, READERS, column="unit__path")
        return self.filter(reach | Q(person__user=actor.pk))

    def standing(self):
        return self.filter(to_date__isnull=True)


class UnitMember(models.Model):
    """Somebody who serves in a temporary unit or heads a group; their home branch stays as it is."""

    class Duty(models.TextChoices):
        SECRETARY = "secretary", _("书记")
        DEPUTY = "deputy", _("副书记")
        HEAD = "head", _("组长")
        COMMISSIONER = "commissioner", _("委员")
        MEMBER = "member", _("党员")

    LEADS = (Duty.SECRETARY, Duty.HEAD)

    unit = models.ForeignKey(Org, models.PROTECT, related_name="people", verbose_name=_("组织"))
    person = models.ForeignKey(
        Person, models.PROTECT, related_name="unit_duties", verbose_name=_("人员")
    )
    duty = models.CharField(_("职务"), max_length=12, choices=Duty, default=Duty.MEMBER)
    from_date = models.DateField(_("起"))
    to_date = models.DateField(_("止"), null=True, blank=True)
    # Why they may: "退休老党员，党龄 41 年" for the head of a building's group (S3.38).
    ground = models.CharField(_("依据"), max_length=100, blank=True, default="")

    objects = OfPersonQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("组织成员")
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "person"],
                condition=Q(to_date__isnull=True),
                name="one_duty_in_a_unit",
            ),
            models.UniqueConstraint(
                fields=["unit"],
                condition=Q(to_date__isnull=True, duty__in=["secretary", "head"]),
                name="one_lead_of_a_unit",
            ),
            models.CheckConstraint(
                condition=Q(to_date__isnull=True) | Q(to_date__gte=F("from_date")),
                name="unit_duty_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.unit}"


class JointMemberQuerySet(models.QuerySet["JointMember"]):
    def visible_to(self, actor) -> JointMemberQuerySet:
        """Return the seats of the committees the actor may read."""
        return self.filter(register_reach(actor, to="committee__"))


class JointMember(models.Model):
    """A part-time member of a joint committee (大工委、大党委), sent by an organisation of the area."""

    class Duty(models.TextChoices):
        CHAIR = "chair", _("主任委员")
        DEPUTY = "deputy", _("副主任委员")
        MEMBER = "member", _("兼职委员")

    committee = models.ForeignKey(
        Org, models.PROTECT, related_name="joint_members", verbose_name=_("大工委（大党委）")
    )
    origin = models.ForeignKey(
        Org, models.PROTECT, related_name="joint_seats", verbose_name=_("来自单位")
    )
    name = models.CharField(_("姓名"), max_length=40)
    title = models.CharField(_("原职务"), max_length=40, blank=True, default="")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="joint_seats",
        verbose_name=_("用户"),
    )
    duty = models.CharField(_("委员职务"), max_length=8, choices=Duty, default=Duty.MEMBER)
    task = models.CharField(_("分工"), max_length=100, blank=True, default="")
    from_date = models.DateField(_("起"))
    to_date = models.DateField(_("止"), null=True, blank=True)

    objects = JointMemberQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("大工委（大党委）委员")
        constraints = [
            models.UniqueConstraint(
                fields=["committee"],
                condition=Q(to_date__isnull=True, duty="chair"),
                name="one_chair_of_a_committee",
            ),
            models.UniqueConstraint(
                fields=["committee", "origin", "name"],
                condition=Q(to_date__isnull=True),
                name="one_seat_of_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.committee}"
