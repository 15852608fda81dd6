"""Villages: who is chosen and sent, the team, the diary, thanks. A village is its party unit."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case
from tongxin.orgs.models import Org, Post

from ..sight import kept, lived_in, units_above, watched

USER = settings.AUTH_USER_MODEL


def proof_path(proof: Proof, name: str) -> str:
    return f"secretaries/{proof.pk}-{name}"


class ProofQuerySet(models.QuerySet["Proof"]):
    def visible_to(self, actor) -> ProofQuerySet:
        """Return one's own, those of units one keeps, and the shared ones of one's villages."""
        shared = Q(is_private=False) & (watched(actor, "unit") | lived_in(actor, "unit"))
        return self.filter(Q(by=actor.pk) | kept(actor, "unit") | shared)


class Proof(models.Model):
    """A photo that shows that something was done; cleaned of its metadata."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    unit = models.ForeignKey(Org, models.PROTECT, related_name="+")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    file = models.FileField(upload_to=proof_path)
    thumb = models.FileField(upload_to=proof_path)
    sha256 = models.CharField(max_length=64)
    is_private = models.BooleanField(default=False)

    objects = ProofQuerySet.as_manager()


class SelectionRoundQuerySet(models.QuerySet["SelectionRound"]):
    def visible_to(self, actor) -> SelectionRoundQuerySet:
        """Return those of units one keeps, looks over, or may nominate to from below."""
        above = Q(unit__in=units_above(actor))
        return self.filter(kept(actor, "unit") | watched(actor, "unit") | above)


class SelectionRound(models.Model):
    """One selection of first secretaries (S4.53): nominated by several channels, decided by people."""

    unit = models.ForeignKey(
        Org, models.PROTECT, related_name="selections", verbose_name=_("决定机关")
    )
    title = models.CharField(_("名称"), max_length=80)
    opens_on = models.DateField(_("开始推荐"))
    closes_on = models.DateField(_("推荐截止"))
    wanted = models.PositiveSmallIntegerField(_("选派人数"))
    version = models.CharField(_("选派条件版本"), max_length=20)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    objects = SelectionRoundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("第一书记选派")
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_on__gte=F("opens_on")), name="selection_closes_after_it_opens"
            )
        ]

    def __str__(self) -> str:
        return self.title


class NominationQuerySet(models.QuerySet["Nomination"]):
    def visible_to(self, actor) -> NominationQuerySet:
        """Return those of rounds one decides, and those of units one nominates for."""
        return self.filter(
            kept(actor, "round__unit") | kept(actor, "by_unit") | Q(candidate=actor.pk)
        )


class Nomination(models.Model):
    """Somebody put forward; what is decided about them carries its reason."""

    class Channel(models.TextChoices):
        UNIT = "unit", _("单位推荐")
        SELF = "self", _("个人自荐")
        PEERS = "peers", _("党员群众推荐")
        SUPERIOR = "superior", _("上级选派")

    class Outcome(models.TextChoices):
        OPEN = "", _("待定")
        CHOSEN = "chosen", _("选派")
        PASSED = "passed", _("未选派")

    round = models.ForeignKey(SelectionRound, models.PROTECT, related_name="nominations")
    candidate = models.ForeignKey(
        USER, models.PROTECT, related_name="nominations", verbose_name=_("人选")
    )
    by_unit = models.ForeignKey(Org, models.PROTECT, related_name="+", verbose_name=_("推荐单位"))
    channel = models.CharField(_("推荐渠道"), max_length=10, choices=Channel)
    text = models.CharField(_("推荐理由"), max_length=500)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    # {code of a criterion: points}, as somebody of the deciding unit gave them
    marks = models.JSONField(default=dict)
    is_shortlisted = models.BooleanField(_("入围"), default=False)
    outcome = models.CharField(_("决定"), max_length=8, choices=Outcome, blank=True, default="")
    reason = models.CharField(_("决定理由"), max_length=500, blank=True, default="")
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    village = models.ForeignKey(
        Org, models.PROTECT, null=True, related_name="+", verbose_name=_("派驻村")
    )
    post = models.OneToOneField(Post, models.PROTECT, null=True, related_name="nomination")

    objects = NominationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("第一书记推荐")
        constraints = [
            models.UniqueConstraint(fields=["round", "candidate"], name="one_nomination_a_round"),
            models.CheckConstraint(
                condition=Q(outcome="") | ~Q(reason=""), name="nomination_decision_has_a_reason"
            ),
        ]


class VillageTeamQuerySet(models.QuerySet["VillageTeam"]):
    def visible_to(self, actor) -> VillageTeamQuerySet:
        """Return the teams of villages one keeps, looks over, or belongs to."""
        own = Q(members__user=actor.pk, members__to_date=None)
        found = kept(actor, "village") | watched(actor, "village") | lived_in(actor, "village")
        return self.filter(found | own).distinct()

    def standing(self) -> VillageTeamQuerySet:
        return self.filter(to_date=None)


class VillageTeam(models.Model):
    """A team stationed in a village (驻村工作队), from a day to a day; its leader holds a post."""

    village = models.ForeignKey(
        Org, models.PROTECT, related_name="village_teams", verbose_name=_("派驻村")
    )
    leader = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("队长"))
    sender = models.CharField(_("派出单位"), max_length=80)
    from_date = models.DateField(_("进驻日期"))
    to_date = models.DateField(_("撤离日期"), null=True, blank=True)

    objects = VillageTeamQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("驻村工作队")
        constraints = [
            models.UniqueConstraint(
                fields=["village"], condition=Q(to_date=None), name="one_team_in_a_village"
            )
        ]

    def __str__(self) -> str:
        return f"{self.village} {_('驻村工作队')}"


class TeamMember(models.Model):
    """Somebody in a team, from a day to a day."""

    team = models.ForeignKey(VillageTeam, models.CASCADE, related_name="members")
    user = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("队员"))
    duty = models.CharField(_("分工"), max_length=60, blank=True, default="")
    from_date = models.DateField(_("进驻日期"))
    to_date = models.DateField(_("离队日期"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user"], condition=Q(to_date=None), name="once_in_a_team"
            )
        ]


class DiaryEntryQuerySet(models.QuerySet["DiaryEntry"]):
    def visible_to(self, actor) -> DiaryEntryQuerySet:
        """Return one's own, and those of villages whose registers one keeps or looks over."""
        return self.filter(Q(author=actor.pk) | kept(actor, "village") | watched(actor, "village"))


class DiaryEntry(models.Model):
    """What somebody sent to a village did on a day (S4.49). Never changed: an addition follows."""

    author = models.ForeignKey(USER, models.PROTECT, related_name="diary", verbose_name=_("记录人"))
    village = models.ForeignKey(Org, models.PROTECT, related_name="diary", verbose_name=_("村"))
    day = models.DateField(_("日期"))
    place = models.CharField(_("地点"), max_length=60, blank=True, default="")
    text = models.TextField(_("内容"))
    at = models.DateTimeField(_("记录时间"))
    photo = models.ForeignKey(Proof, models.PROTECT, null=True, related_name="+")
    adds_to = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="additions", verbose_name=_("补记")
    )
    key = models.CharField(max_length=120, null=True, unique=True)

    objects = DiaryEntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("驻村日志")
        indexes = [models.Index(fields=["village", "author", "day"], name="diary_of_a_village")]


class ThanksQuerySet(models.QuerySet["Thanks"]):
    def visible_to(self, actor) -> ThanksQuerySet:
        """Return those of one's village, and of villages whose registers one keeps."""
        return self.filter(kept(actor, "village") | lived_in(actor, "village"))

    def public(self) -> ThanksQuerySet:
        """Return those whose writer agreed and that somebody looked at first."""
        return self.filter(state=Thanks.State.PUBLIC, consent=True)


class Thanks(models.Model):
    """A letter of thanks from a resident (感谢信, S4.52); with the case it belongs to, if any."""

    class State(models.TextChoices):
        WAITING = "waiting", _("待审核")
        PUBLIC = "public", _("已公开")
        KEPT = "kept", _("只留存")
        DECLINED = "declined", _("不予公开")

    village = models.ForeignKey(Org, models.PROTECT, related_name="thanks", verbose_name=_("村"))
    to = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("写给"))
    case = models.ForeignKey(
        Case, models.PROTECT, null=True, related_name="thanks", verbose_name=_("相关的单")
    )
    text = models.TextField(_("内容"))
    signed = models.CharField(_("署名"), max_length=20, blank=True, default="")
    consent = models.BooleanField(_("同意公开"), default=False)
    at = models.DateTimeField(_("写信时间"))
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.WAITING)
    reason = models.CharField(_("理由"), max_length=200, blank=True, default="")
    moderated_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    moderated_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=120, unique=True)

    objects = ThanksQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("感谢信")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="public") | Q(consent=True), name="thanks_public_by_consent"
            )
        ]
