"""Sources, the threshold of payments, the budget and where it leans."""

from __future__ import annotations

from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import get_land, region_of, world
from tongxin.ui.forms import fen_of

from .. import actions, queries
from ..forms import BudgetForm, RuleForm, SourceForm
from ..models import PayRule, Source
from .common import FORM, ask, kept_orgs, open_sources, show


def _is_district(request: SignedIn) -> bool:
    return any(
        p.role == "officer" and p.level in ("district", "city") for p in posts_of(request.user)
    )


@login_required
@require_GET
def sources(request: SignedIn) -> HttpResponse:
    """List where money may come from, and from which amount a payment needs a second person."""
    context = {
        "rows": Source.objects.visible_to(request.user).order_by("-is_open", "code"),
        "rules": PayRule.objects.public().select_related("region").order_by("-effective_from", "-pk")[:20],
        "may": _is_district(request),
    }  # fmt: skip
    return show(request, "sources", context, tab="sources")


@login_required
@require_http_methods(FORM)
def new_source(request: SignedIn) -> HttpResponse:
    """Add a source or change one."""
    if not _is_district(request):
        raise NotFound(_("资金来源由区管理员维护。"))
    code = request.GET.get("code", "")
    known = Source.objects.visible_to(request.user).filter(code=code).first() if code else None
    names = ("code", "name", "kind", "level", "purpose", "basis")
    initial = {name: getattr(known, name) for name in names} if known else {}
    form = SourceForm(request.POST or None, initial=initial)

    def act() -> str:
        actions.save_source(by=request.user, at=now(), **form.cleaned_data)
        return reverse("funds:sources")

    return ask(
        request, form, act, done=_("已保存。"), tab="sources", heading=_("资金来源"), verb=_("保存"),
        lede="", back=reverse("funds:sources"),
    )  # fmt: skip


@login_required
@require_POST
def sample(request: SignedIn) -> HttpResponse:
    """Bring in the sample sources and threshold."""
    if not _is_district(request):
        raise NotFound(_("资金来源由区管理员维护。"))
    actions.load_sources()
    actions.load_pay_rules()
    messages.success(request, _("样例已载入，请按本地文件核定。"))
    return redirect("funds:sources")


@login_required
@require_http_methods(FORM)
def rule(request: SignedIn) -> HttpResponse:
    """Say from which amount payments need a second person."""
    if not _is_district(request):
        raise NotFound(_("付款审批规则由区管理员维护。"))
    own = tuple(p.path for p in posts_of(request.user) if p.role == "officer")
    lands = [one for one in world().lands if one.path.startswith(own) and one.level in ("district", "street")]  # fmt: skip
    form = RuleForm(
        request.POST or None, lands=sorted(lands, key=lambda one: one.path),
        initial={"effective_from": localdate()},
    )  # fmt: skip

    def act() -> str:
        data = form.cleaned_data
        actions.set_pay_rule(
            region=region_of(get_land(data["region"])), threshold_fen=fen_of(data["amount"]),
            effective_from=data["effective_from"], source=data["source"], by=request.user, at=now(),
        )  # fmt: skip
        return reverse("funds:sources")

    return ask(
        request, form, act, done=_("规则已保存，从启用日期起生效。"), tab="sources",
        heading=_("付款审批规则"), verb=_("保存"), back=reverse("funds:sources"),
        lede=_("一天向同一收款方付款达到这个金额，须由另一人审批。"),
    )  # fmt: skip


@login_required
@require_GET
def budget(request: SignedIn) -> HttpResponse:
    """Where money goes: how much of what is planned and given reaches the base, year by year."""
    today = localdate()
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else today.year
    years = queries.leaning(request.user, year=year)
    lines = queries.budget_of(request.user, year)
    context = {
        "year": year,
        "years": years,
        "of_year": years[-1],
        "before": years[-2],
        "lines": lines,
        "chart": {
            "kind": "bar", "x": [str(one.year) for one in years], "unit": "%",
            "series": [
                {"name": _("预算投向基层"), "data": [one.planned_share or 0 for one in years], "tone": "waiting"},
                {"name": _("拨付投向基层"), "data": [one.given_share or 0 for one in years], "tone": "working"},
            ],
        },
        "chart_rows": [(str(o.year), [o.planned_share or 0, o.given_share or 0]) for o in years],
        "filters": [{"name": "year", "label": _("年度"), "value": str(year),
                     "choices": [(str(n), str(n)) for n in range(today.year + 1, today.year - 5, -1)]}],
        "may": kept_orgs(request.user).exists(),
    }  # fmt: skip
    return show(request, "budget", context, tab="budget")


@login_required
@require_http_methods(FORM)
def new_budget(request: SignedIn) -> HttpResponse:
    """Write a line of the budget."""
    orgs = kept_orgs(request.user)
    first = orgs.first()
    if first is None:
        raise NotFound(_("没有找到这个页面，或您的岗位不经办资金。"))
    form = BudgetForm(
        request.POST or None, orgs=orgs, sources=open_sources(request.user),
        initial={"year": localdate().year, "org": first, "key": uuid4().hex},
    )  # fmt: skip

    def act() -> str:
        data = form.cleaned_data
        actions.set_budget(
            org=data["org"], region=data["org"].region, year=data["year"], source=data["source"],
            name=data["name"], amount_fen=fen_of(data["amount"]), for_base=data["for_base"],
            by=request.user, at=now(),
        )  # fmt: skip
        return f"{reverse('funds:budget')}?year={data['year']}"

    return ask(
        request, form, act, done=_("预算已登记。"), tab="budget", heading=_("登记预算科目"),
        verb=_("保存"), lede=_("同一单位同一年度的同名科目会被修改。"), back=reverse("funds:budget"),
    )  # fmt: skip
