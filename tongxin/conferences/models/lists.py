"""Lists that meet: needs, supplies, resources, services, projects (S3.23, S3.30); how needs are asked."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.orgs.models import Org
from tongxin.orgs.scope import LAND_ROLES, reach
from tongxin.regions.models import Region

from ..scope import desk_reach, org_ids
from .bodies import BodyMember

USER = settings.AUTH_USER_MODEL


class ListKind(models.TextChoices):
    NEED = "need", _("需求清单")
    SUPPLY = "supply", _("供给清单")
    RESOURCE = "resource", _("资源清单")
    SERVICE = "service", _("服务清单")
    PROJECT = "project", _("项目清单")


# What gives: a need can be met from any of these.
GIVES = (ListKind.SUPPLY, ListKind.RESOURCE, ListKind.SERVICE)


class Matter(models.TextChoices):
    """What is asked for or offered, and in what it is counted."""

    PEOPLE = "people", _("人员")
    ROOM = "room", _("场地")
    GOODS = "goods", _("物资")
    MONEY = "money", _("资金")
    SERVICE = "service", _("服务")


UNITS = {
    "people": _("人"),
    "room": _("处"),
    "goods": _("件"),
    "money": _("元"),
    "service": _("场次"),
}
# What is used up once given; the rest can be given again at another time.
CONSUMED = (Matter.GOODS, Matter.MONEY)


class Series(models.TextChoices):
    """The three series of practical deeds (S2.46)."""

    PEOPLE = "people", _("我为群众办实事")
    GRASSROOTS = "grassroots", _("我为基层办实事")
    FIRMS = "firms", _("我为企业办实事")


class ListBookQuerySet(models.QuerySet["ListBook"]):
    def public(self) -> ListBookQuerySet:
        """That a place keeps a list is public; what stands in it is asked of the items."""
        return self


class ListBook(models.Model):
    """A list of a kind that a place keeps."""

    kind = models.CharField(_("清单"), max_length=8, choices=ListKind)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("区域"))
    opened_at = models.DateTimeField(_("建立时间"))

    objects = ListBookQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("清单")
        constraints = [
            models.UniqueConstraint(fields=["kind", "region"], name="one_list_of_a_kind")
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.get_kind_display()}"


class ListItemQuerySet(models.QuerySet["ListItem"]):
    def visible_to(self, actor) -> ListItemQuerySet:
        """Return those of the actor's land, one's own, one's units', and what is open near one's seat.

        A unit that sits in a body sees the open items of that body's land: it is asked to help.
        """
        own = Q(by=actor.pk) | Q(org__in=org_ids(actor))
        over = desk_reach(actor, "book__region__path")
        over |= reach(actor, LAND_ROLES, column="book__region__path")
        seats = BodyMember.objects.held_by(actor).filter(to_date__isnull=True)
        near = Q(pk__in=[])
        if actor is not None and actor.is_authenticated:
            for path in set(seats.values_list("body__region__path", flat=True)):
                near |= Q(book__region__path__under=path, state=ListItem.State.OPEN)
        return self.filter(own | over | near)

    def public(self) -> ListItemQuerySet:
        """Return what residents may read: open needs and services that somebody reviewed."""
        return self.filter(state=ListItem.State.OPEN)

    def usable_on(self, day: date) -> ListItemQuerySet:
        return self.filter(state=ListItem.State.OPEN, expires_on__gte=day)


class ListItem(models.Model):
    """One line of a list: asked for or offered, reviewed, open until a day."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("待审核")
        OPEN = "open", _("公开中")
        CLOSED = "closed", _("已办结")
        DECLINED = "declined", _("未采纳")
        EXPIRED = "expired", _("已到期")

    class Origin(models.TextChoices):
        """How it came in (S2.47: zones and streets; S3.23: consultation)."""

        RESIDENT = "resident", _("居民提出")
        CONSULTATION = "consultation", _("征求意见")
        COMMUNITY = "community", _("社区收集")
        UNIT = "unit", _("单位申报")
        STREET = "street", _("街镇征集")
        ZONE = "zone", _("功能区征集")

    book = models.ForeignKey(ListBook, models.PROTECT, related_name="items")
    matter = models.CharField(_("内容类型"), max_length=7, choices=Matter)
    title = models.CharField(_("事项"), max_length=60)
    text = models.CharField(_("说明"), max_length=500, blank=True, default="")
    words = models.CharField(_("专长（关键词）"), max_length=100, blank=True, default="")
    quantity = models.PositiveBigIntegerField(_("数量"))  # people, rooms, pieces, fen, turns
    from_date = models.DateField(_("可用（需要）起"))
    to_date = models.DateField(_("可用（需要）止"))
    # A need lies in a place; what is offered reaches all land inside `region`, from `home`.
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("范围"))
    home = models.ForeignKey(
        Region, models.PROTECT, null=True, related_name="+", verbose_name=_("所在社区")
    )
    org = models.ForeignKey(
        Org, models.PROTECT, null=True, related_name="list_items", verbose_name=_("单位")
    )
    party = models.CharField(_("提出方"), max_length=60)  # the unit's or the person's name
    origin = models.CharField(_("来源"), max_length=12, choices=Origin)
    series = models.CharField(_("系列"), max_length=10, choices=Series, blank=True, default="")
    # A supply that can only be given once another need is met (a talk needs a room).
    requires = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="+", verbose_name=_("前提需求")
    )
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.PROPOSED)
    expires_on = models.DateField(_("有效期至"))
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("提出时间"))
    reviewed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    note = models.CharField(_("审核意见"), max_length=200, blank=True, default="")
    result = models.CharField(_("办理结果"), max_length=300, blank=True, default="")
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = ListItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("清单事项")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="list_item_is_some"),
            models.CheckConstraint(
                condition=Q(to_date__gte=F("from_date")), name="list_item_ends_after_it_begins"
            ),
        ]
        indexes = [models.Index(fields=["book", "state"], name="item_of_a_list")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_consumed(self) -> bool:
        return self.matter in CONSUMED


class ItemChange(models.Model):
    """What happened to a line of a list: the history of the ledger."""

    item = models.ForeignKey(ListItem, models.CASCADE, related_name="changes")
    what = models.CharField(_("变动"), max_length=200)
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("清单变动")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.what


class ConsultationQuerySet(models.QuerySet["Consultation"]):
    def visible_to(self, actor) -> ConsultationQuerySet:
        """Return those of the actor's land."""
        over = desk_reach(actor, "region__path")
        return self.filter(over | reach(actor, LAND_ROLES, column="region__path"))

    def public(self) -> ConsultationQuerySet:
        """A round that asks is open to everybody who lives there."""
        return self.filter(closed_at__isnull=True)


class Consultation(models.Model):
    """A round of asking residents what they need (征求意见), from a day to a day."""

    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("区域"))
    title = models.CharField(_("题目"), max_length=60)
    text = models.CharField(_("说明"), max_length=500, blank=True, default="")
    from_date = models.DateField(_("开始日期"))
    to_date = models.DateField(_("截止日期"))
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    closed_at = models.DateTimeField(_("结束时间"), null=True)
    summary = models.TextField(_("征求意见情况"), blank=True, default="")
    key = models.CharField(max_length=120, null=True, unique=True, editable=False)

    objects = ConsultationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("征求意见")
        constraints = [
            models.CheckConstraint(
                condition=Q(to_date__gte=F("from_date")), name="round_ends_after_it_begins"
            )
        ]

    def __str__(self) -> str:
        return self.title


class ConsultedOpinionQuerySet(models.QuerySet["Opinion"]):
    def visible_to(self, actor) -> ConsultedOpinionQuerySet:
        """Return one's own, and those of rounds on the actor's land."""
        return self.filter(
            Q(by=actor.pk) | Q(consultation__in=Consultation.objects.visible_to(actor))
        )


class Opinion(models.Model):
    """What a resident answered; it may become a need of the list."""

    consultation = models.ForeignKey(Consultation, models.PROTECT, related_name="opinions")
    text = models.CharField(_("意见"), max_length=500)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"))
    need = models.ForeignKey(ListItem, models.PROTECT, null=True, related_name="opinions")
    answer = models.CharField(_("答复"), max_length=300, blank=True, default="")
    answered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    objects = ConsultedOpinionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("居民意见")
        constraints = [
            models.UniqueConstraint(
                fields=["consultation", "by", "text"], name="opinion_given_once"
            )
        ]

    def __str__(self) -> str:
        return self.text
