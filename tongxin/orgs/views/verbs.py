"""Changes of units: what is asked, what would happen, and the act itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotPermitted, Refused

from .. import actions, queries
from ..forms import units as forms
from ..models import Org, UnitKind
from ..scope import keeps_register


@dataclass(frozen=True)
class Verb:
    """One change of a unit: the words of its button, the form, the action, who may."""

    label: str | Promise
    icon: str
    form: type[forms.VerbForm]
    act: Callable[..., actions.Done]
    fits: Callable[[Org], bool]
    by_above: bool = True  # done by who keeps the register of the unit above
    lede: str | Promise = ""


def _always(unit: Org) -> bool:
    return True


def _lasting(unit: Org) -> bool:
    return not unit.is_temporary


def _may_have_below(unit: Org) -> bool:
    return not unit.is_temporary and unit.unit_kind not in (
        UnitKind.GROUP, UnitKind.JOINT_COMMITTEE, UnitKind.TASK_FORCE,
    )  # fmt: skip


def _is_branch(unit: Org) -> bool:
    return unit.unit_kind == UnitKind.BRANCH and not unit.is_temporary


def _covers_land(unit: Org) -> bool:
    return unit.region.level in ("community", "grid", "street") and unit.unit_kind not in (
        UnitKind.JOINT_COMMITTEE, UnitKind.TASK_FORCE, UnitKind.LEADING_GROUP,
    )  # fmt: skip


def _may_be_joint(unit: Org) -> bool:
    kinds = UnitKind.COMMITTEE, UnitKind.WORK_COMMITTEE
    return unit.unit_kind in kinds and unit.region.level in ("street", "community")


def _takes_temporary(unit: Org) -> bool:
    return unit.unit_kind not in (
        UnitKind.GROUP, UnitKind.JOINT_COMMITTEE, UnitKind.TASK_FORCE,
    )  # fmt: skip


VERBS = {
    "found": Verb(
        _("新建下级组织"), "circle-plus", forms.FoundForm, actions.found_unit, _may_have_below,
        by_above=False,
        lede=_("党支部要有正式党员 3 名以上；不足的，可以和相邻单位成立联合党支部。"),
    ),
    "temporary": Verb(
        _("设临时党组织"), "clock-plus", forms.TemporaryForm, actions.found_temporary,
        _takes_temporary, by_above=False,
        lede=_("为一件事、到一个日子；成员的组织关系留在原党支部。"),
    ),
    "joint": Verb(
        _("设大工委（大党委）"), "users-group", forms.JointForm, actions.found_joint_committee,
        _may_be_joint, by_above=False,
        lede=_("街镇设大工委，社区（村）设大党委；委员由驻区单位派出，设立后在它的页面上确定。"),
    ),
    "grids": Verb(
        _("调整网格"), "map-pin", forms.GridsForm, actions.bind_land, _covers_land,
        lede=_("把支部建在网格上：一个网格（楼栋）只由一个党组织覆盖。"),
    ),
    "covers": Verb(
        _("调整覆盖单位"), "building", forms.CoversForm, actions.cover_orgs, _is_branch,
        lede=_("企业、社会组织由哪个党支部覆盖；联合党支部一般不超过 5 个单位。"),
    ),
    "rebuild": Verb(
        _("改建"), "refresh", forms.RebuildForm, actions.rebuild_unit, _lasting,
        lede=_("更名，或者改变类型、领域；位置和成员不变。"),
    ),
    "merge": Verb(
        _("合并进来"), "arrow-merge", forms.MergeForm, actions.merge_units, _always,
        lede=_("选中的组织并入本组织后撤销，党员、下级组织、覆盖的网格都转过来。"),
    ),
    "split": Verb(
        _("分设"), "arrows-split-2", forms.SplitForm, actions.split_unit, _is_branch,
        lede=_("从本支部分出一个新的党支部；两边都要有正式党员 3 名以上。"),
    ),
    "affiliation": Verb(
        _("调整隶属"), "arrow-move-right", forms.AffiliationForm, actions.change_affiliation,
        _always, lede=_("连同下级一起划归另一个上级。"),
    ),
    "extend": Verb(
        _("延期"), "calendar-plus", forms.ExtendForm, actions.extend_temporary,
        lambda unit: unit.is_temporary, lede=_("同时到期的下级临时党组织随同延期。"),
    ),
    "dissolve": Verb(
        _("撤销"), "circle-minus", forms.DissolveForm, actions.dissolve_unit, _always,
        lede=_("先写明党员和下级组织到哪里去；历史记录都保留。"),
    ),
}  # fmt: skip


def verbs_for(unit: Org, page: queries.UnitPage) -> list[tuple[str, Verb]]:
    """Return the changes the reader may make to a unit, by the register they keep."""
    if unit.dissolved_on:
        return []
    return [
        (name, verb)
        for name, verb in VERBS.items()
        if verb.fits(unit) and (page.may_change if verb.by_above else page.may_keep)
    ]


@login_required
@require_http_methods(["GET", "POST"])
def change(request: SignedIn, pk: int, verb: str) -> HttpResponse:
    """Ask for what a change needs, show what it would do, and do it."""
    rows = Org.objects.visible_to(request.user).select_related("region", "parent")
    unit = get_object_or_404(rows, pk=pk)
    doing = VERBS.get(verb)
    if doing is None or not doing.fits(unit) or unit.dissolved_on:
        raise Http404
    above = unit.parent.path if doing.by_above and unit.parent else unit.path
    if not keeps_register(request.user, above):
        raise NotPermitted(_("组织变动由上级党组织的书记或组织员办理。"))
    form = doing.form(request.POST or None, unit=unit, actor=request.user)
    seen, status = None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given: dict[str, Any] = {**form.given(), "at": now(), "by": request.user}
            try:
                if "do" in request.POST:
                    done = doing.act(**given)
                    messages.success(request, "".join(done.words))
                    return redirect("orgs:unit", done.unit.pk)
                seen, status = actions.preview(doing.act, **given), 200
            except Refused as refusal:
                form.take(refusal)
                form.remedy = refusal.remedy
                status = refusal.status
    context = {"unit": unit, "verb": doing, "form": form, "seen": seen}
    return render(request, "orgs/units/change.html", context, status=status)
