"""Posts: who holds which office in which organisation, and how far it reaches."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.regions.models import Region

from .org import Org

if TYPE_CHECKING:
    from tongxin.accounts.models import User


class PostQuerySet(models.QuerySet["Post"]):
    def held_on(self, day: date) -> PostQuerySet:
        return self.filter(
            Q(from_date__isnull=True) | Q(from_date__lte=day),
            Q(to_date__isnull=True) | Q(to_date__gt=day),
        )

    def people(self) -> list[User]:
        """Return who holds these posts and may still sign in, each once, by their number.

        From the posts to the people: the other way round PostgreSQL may look through all posts for
        every user there is.
        """
        held = self.filter(user__is_active=True).select_related("user").order_by("user")
        return list({post.user_id: post.user for post in held}.values())


class Post(models.Model):
    """A user's office in an organisation, with its reach. The only source of permission."""

    class Role(models.TextChoices):
        VOLUNTEER = "volunteer", _("志愿者")
        GRID_WORKER = "grid_worker", _("网格员")
        HANDLER = "handler", _("部门经办人")
        DISPATCHER = "dispatcher", _("社区派单员")
        VERIFIER = "verifier", _("党组织验单员")
        OFFICER = "officer", _("街镇（区）管理员")
        LEADER = "leader", _("领导")
        INSPECTOR = "inspector", _("监督员")
        OPERATOR = "operator", _("热线话务员")
        # Offices of party units; those of `scope.REGISTRARS` reach the units under their own.
        SECRETARY = "secretary", _("书记")
        COMMISSIONER = "commissioner", _("委员")
        ORGANISER = "organiser", _("组织员（党务干部）")
        FIRST_SECRETARY = "first_secretary", _("第一书记")
        TEAM_LEADER = "team_leader", _("驻村工作队队长")
        ADVISER = "adviser", _("党建指导员")
        CADRE = "cadre", _("下沉干部")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="posts", verbose_name=_("用户")
    )
    org = models.ForeignKey(Org, models.PROTECT, related_name="posts", verbose_name=_("组织"))
    role = models.CharField(_("角色"), max_length=16, choices=Role)
    # How far it reaches: the organisation's own region unless another is named.
    region = models.ForeignKey(
        Region, models.PROTECT, related_name="posts", verbose_name=_("管辖范围")
    )
    from_date = models.DateField(_("任职日期"), null=True, blank=True)
    to_date = models.DateField(_("离任日期"), null=True, blank=True)

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("岗位")
        constraints = [
            # One that has ended stays beside the one given again later.
            models.UniqueConstraint(
                fields=["user", "org", "role", "region"],
                condition=Q(to_date__isnull=True),
                name="one_post",
            ),
            models.CheckConstraint(
                condition=Q(from_date__isnull=True)
                | Q(to_date__isnull=True)
                | Q(to_date__gte=models.F("from_date")),
                name="post_ends_after_it_begins",
            ),
        ]
        indexes = [models.Index(fields=["org", "role"], name="post_of_org")]

    def __str__(self) -> str:
        return f"{self.user} · {self.org} · {self.get_role_display()}"
