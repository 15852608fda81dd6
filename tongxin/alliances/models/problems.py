"""Problems of projects and of enterprises: what the case does not hold itself."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.cases.models import Case
from tongxin.orgs.models import Org

from .approvals import ApprovalItem
from .parks import Enterprise, Park
from .projects import AllianceProject

USER = settings.AUTH_USER_MODEL


class ProblemTypeQuerySet(models.QuerySet["ProblemType"]):
    def public(self) -> ProblemTypeQuerySet:
        """The types in use are no secret."""
        return self.filter(effective_to=None)


class ProblemType(models.Model):
    """What kind of problem it is. Data with an effective date; what we composed is a sample."""

    class Scope(models.TextChoices):
        PROJECT = "project", _("项目")
        ENTERPRISE = "enterprise", _("企业")

    code = models.CharField(_("代码"), max_length=20, unique=True)
    scope = models.CharField(_("适用"), max_length=10, choices=Scope)
    name = models.CharField(_("名称"), max_length=40)
    department = models.CharField(_("通常由谁办"), max_length=60, blank=True, default="")
    effective_from = models.DateField(_("启用日期"))
    effective_to = models.DateField(_("停用日期"), null=True, blank=True)
    source = models.CharField(_("依据"), max_length=200, blank=True, default="")
    is_sample = models.BooleanField(_("样例"), default=False)

    objects = ProblemTypeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("问题类型")
        ordering = ("scope", "code")

    def __str__(self) -> str:
        return self.name


class ProjectProblemQuerySet(models.QuerySet["ProjectProblem"]):
    def visible_to(self, actor: Any) -> ProjectProblemQuerySet:
        """Return those of projects one sees, and those one's department has to solve."""
        seen = AllianceProject.objects.visible_to(actor).values("pk")
        return self.filter(
            Q(project__in=seen) | Q(case__in=Case.objects.visible_to(actor).values("pk"))
        )


class ProjectProblem(models.Model):
    """A problem of a project: a case of the flow `alliance_problem` (S0.5, S0.9)."""

    case = models.OneToOneField(
        Case, models.PROTECT, primary_key=True, related_name="project_problem"
    )
    project = models.ForeignKey(AllianceProject, models.PROTECT, related_name="problems")
    type = models.ForeignKey(ProblemType, models.PROTECT, related_name="+", verbose_name=_("类型"))
    item = models.ForeignKey(
        ApprovalItem, models.PROTECT, null=True, related_name="problems", verbose_name=_("审批事项")
    )
    department = models.ForeignKey(
        Org, models.PROTECT, null=True, related_name="+", verbose_name=_("责任单位")
    )
    due_on = models.DateField(_("解决时限"), null=True)
    solution = models.TextField(_("解决方案"), blank=True, default="")
    agreed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    result = models.TextField(_("办理结果"), blank=True, default="")
    done_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(_("项目单位确认时间"), null=True)

    objects = ProjectProblemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("项目问题")


class EnterpriseProblemQuerySet(models.QuerySet["EnterpriseProblem"]):
    def visible_to(self, actor: Any) -> EnterpriseProblemQuerySet:
        """Return those of parks one keeps, of one's own enterprise, and those one has to solve."""
        seen = Enterprise.objects.visible_to(actor).values("pk")
        return self.filter(
            Q(enterprise__in=seen) | Q(case__in=Case.objects.visible_to(actor).values("pk"))
        )


class EnterpriseProblem(models.Model):
    """What an enterprise of a park brought up: a case of the flow `enterprise_problem` (S3.45)."""

    case = models.OneToOneField(
        Case, models.PROTECT, primary_key=True, related_name="enterprise_problem"
    )
    park = models.ForeignKey(Park, models.PROTECT, related_name="problems")
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="problems")
    type = models.ForeignKey(ProblemType, models.PROTECT, related_name="+", verbose_name=_("类型"))
    result = models.TextField(_("办理结果"), blank=True, default="")
    done_at = models.DateTimeField(null=True)
    solved_at = models.DateTimeField(_("解决时间"), null=True)
    stars = models.PositiveSmallIntegerField(_("企业评价"), null=True)
    words = models.CharField(_("评价内容"), max_length=500, blank=True, default="")

    objects = EnterpriseProblemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("企业难题")
        constraints = [
            models.CheckConstraint(
                condition=Q(stars=None) | Q(stars__range=(1, 5)), name="enterprise_stars_of_five"
            )
        ]
