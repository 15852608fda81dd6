"""Plans of visits held against the list: named as one of its items, asked for, counted (S4.65)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.fieldwork.actions import admit_plan
from tongxin.fieldwork.actions.plans import PLANNERS
from tongxin.fieldwork.models import Plan, Target
from tongxin.fieldwork.queries import burden_of, leave_of
from tongxin.kit.errors import NotPermitted
from tongxin.kit.text import clean_text
from tongxin.orgs.scope import roles_over
from tongxin.regions.models import Region
from tongxin.regions.queries import prefixes, world

from ..models import AdmissionList, Approval, Burden
from ..queries import month_of
from .admission import BadApproval, judges_of


def must_plan(by: User, plan: Plan) -> None:
    """:raises NotPermitted: for who neither made the plan nor plans on its land"""
    if plan.made_by_id != by.pk and roles_over(by, plan.area).isdisjoint(PLANNERS):
        raise NotPermitted(_("您的岗位不能为这个计划办理准入。"), remedy=_("请制定计划的人办理。"))


@transaction.atomic
def name_plan_item(plan: Plan, *, code: str, at: datetime, by: User) -> Plan:
    """Say which item of the list a plan that waits is; it begins if that item admits it.

    :raises NotPermitted: for who does not plan there
    :raises NotAdmittedYet: if the item does not admit it: of another kind, too often a year, not there
    :raises PlanOver: unless it waits
    """
    must_plan(by, plan)
    return admit_plan(plan=plan, by=by, at=at, code=code)


@transaction.atomic
def ask_for_plan(plan: Plan, *, reason: str, at: datetime, by: User) -> Approval:
    """Ask that communities may be asked for a plan that is not on the list; the district decides.

    :raises NotPermitted: for who does not plan there
    :raises BadApproval: unless the plan waits, and nobody has asked yet
    """
    row = Plan.objects.select_for_update(of=("self",)).select_related("region").get(pk=plan.pk)
    must_plan(by, row)
    if row.state != Plan.State.WAITING:
        raise BadApproval(_("这个计划不在等准入。"))
    if row.approvals.filter(verdict="").exists():
        raise BadApproval(_("已有一份申请在等待审批。"))
    reason = clean_text(reason, limit=500, field_label=_("理由"), required=True, multiline=True)
    made = Approval.objects.create(
        plan=row, kind=burden_of(row), title=row.name, region=row.region, reason=reason, asked_by=by,
        asked_at=at,
    )  # fmt: skip
    tell(
        users=[user for user in judges_of(row.area, at) if user.pk != by.pk],
        title=_("准入待审批：%s") % row.name, url=reverse("campaigns:approvals"), text=reason,
        key=f"approval:{made.pk}", at=at,
    )  # fmt: skip
    return made


def begin_approved(plan: Plan, *, at: datetime, by: User) -> None:
    """Let the plan of an approval begin, unless it was stopped or ended meanwhile."""
    leave = leave_of(plan, max(localdate(at), plan.starts_on))
    if plan.state == Plan.State.WAITING and (leave is None or leave.is_admitted):
        admit_plan(plan=plan, by=by, at=at)


def count_visits(
    plan: Plan, burden: str, targets: Sequence[Target], on: date, at: datetime
) -> None:
    """Write one burden for each community that one turn of a plan reaches."""
    lands = world().by_path
    communities = {
        lands[path].id
        for target in targets
        for path in prefixes(target.region.path)
        if path in lands and lands[path].level == Region.Level.COMMUNITY
    }
    current = AdmissionList.objects.in_force(plan.area, on) if plan.admission_code else None
    item = current.items.filter(code=plan.admission_code).first() if current else None
    from_name = plan.org.name if plan.org else plan.region.name
    Burden.objects.bulk_create(
        [
            Burden(
                community_id=pk, kind=burden, title=plan.name, org=plan.org, from_name=from_name,
                item=item, is_admitted=True, plan=plan, on=on, month=month_of(on), at=at,
                by=plan.made_by, key=f"plan:{plan.pk}:{on}:{pk}",
            )
            for pk in sorted(communities)
        ],
        500,
        ignore_conflicts=True,
    )  # fmt: skip
