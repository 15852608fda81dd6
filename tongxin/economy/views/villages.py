"""A village: its years, its incomes, what is reported and verified, what it sells."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.photos.actions import keep_photo
from tongxin.regions.queries import place_name
from tongxin.ui.forms import Form, fen_of

from .. import actions, queries
from ..forms import IncomeForm, SaleForm, VerifyForm, WhyForm, link_words
from ..models import (
    FirmPair,
    IncomeEntry,
    SalesHelp,
    VillageProject,
    VillageYear,
)
from .common import FORM, ask, seen_village, show, village_url, worked_village, year_asked


@login_required
@require_GET
def village(request: SignedIn, code: str) -> HttpResponse:
    """Show a village: the year asked for with its incomes, the years before, project, firms, sales."""
    one, year, user = seen_village(request, code), year_asked(request), request.user
    years = list(
        VillageYear.objects.visible_to(user)
        .filter(village=one)
        .select_related("reported_by", "verified_by")
        .annotate(mark=queries.mark_of_year())
        .order_by("-year")[:6]
    )
    current = next((found for found in years if found.year == year), None)
    entries: Iterable[IncomeEntry] = []
    if current:
        written = IncomeEntry.objects.visible_to(user).filter(of_year=current)
        entries = written.select_related("kind", "project", "by").prefetch_related("photos").order_by("-on", "-pk")[:200]  # fmt: skip
    pairs = FirmPair.objects.visible_to(user).filter(village=one).standing()
    sales = SalesHelp.objects.visible_to(user).filter(village=one, on__year=year)
    works = actions.works_in(user, one.path) or actions.looks_over(user, one.path)
    mark = current.mark if current else queries.line_of(year)
    context = {
        "village": one,
        "place": place_name(one.path, below="city"),
        "year": year,
        "years": years,
        "current": current,
        "entries": entries,
        "mark": mark,
        "is_above": mark is not None and current is not None and current.sustainable_fen >= mark,
        "project": VillageProject.objects.visible_to(user).filter(village=one).running().first(),
        "pairs": [
            {"one": pair, "links": [{"one": link, "words": link_words(link)} for link in pair.links.all()]}
            for pair in pairs.select_related("firm").prefetch_related("links__shares").order_by("pk")
        ],
        "sales": sales.order_by("-on", "-pk")[:20],
        "works": works,
        "may_verify": actions.looks_over(user, one.path) and current is not None
        and current.reported_by_id != user.pk,
        "filters": [{"name": "year", "label": _("年度"), "value": str(year),
                     "choices": [(str(n), str(n)) for n in range(localdate().year, localdate().year - 6, -1)]}],
    }  # fmt: skip
    return show(request, "village", context, tab="home")


@login_required
@require_http_methods(FORM)
def income(request: SignedIn, code: str) -> HttpResponse:
    """Write an income down."""
    one = worked_village(request, code)
    form = IncomeForm(
        request.POST or None, request.FILES or None,
        initial={"on": localdate(), "key": uuid4().hex},
    )  # fmt: skip
    form.choose_from(project=VillageProject.objects.visible_to(request.user).filter(village=one))

    def act() -> str:
        data, at = form.cleaned_data, now()
        photos = [
            keep_photo(data=photo, by=request.user, at=at, key=f"{data['key']}:{n}"[:80])
            for n, photo in enumerate(data["photos"])
        ]
        actions.add_income(
            village=one, kind=data["kind"], amount_fen=fen_of(data["amount"]), on=data["on"],
            is_sustainable={"yes": True, "no": False}.get(data["lasts"]), text=data["text"],
            project=data["project"], photos=photos, by=request.user, at=at, key=data["key"],
        )  # fmt: skip
        return f"{village_url(one)}?year={data['on'].year}"

    return ask(
        request, form, act, done=_("收入已登记。"), heading=_("登记收入"), verb=_("登记"),
        lede=_("%s：补助和捐赠也登记，但不计入集体经济收入。") % one.name, back=village_url(one),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def withdraw(request: SignedIn, pk: int) -> HttpResponse:
    """Take an income back."""
    rows = IncomeEntry.objects.visible_to(request.user).select_related("of_year__village", "kind")
    entry = get_object_or_404(rows, pk=pk)
    one = worked_village(request, entry.of_year.village.code)
    form, back = WhyForm(request.POST or None), f"{village_url(one)}?year={entry.of_year.year}"

    def act() -> str:
        actions.withdraw_income(
            entry=entry, reason=form.cleaned_data["reason"], by=request.user, at=now()
        )
        return back

    return ask(
        request, form, act, done=_("已撤回。"), heading=_("撤回收入"), verb=_("撤回"), back=back,
        lede=f"{entry.on} · {entry.kind} · {entry.text}".rstrip(" ·"),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def report(request: SignedIn, code: str) -> HttpResponse:
    """Report a year to the street."""
    one, year = worked_village(request, code), year_asked(request)
    rows = VillageYear.objects.visible_to(request.user).filter(village=one, year=year)
    current = rows.first()
    back = f"{village_url(one)}?year={year}"

    def act() -> str:
        actions.report_year(village=one, year=year, by=request.user, at=now())
        return back

    is_zero = current is None or current.total_fen == 0
    lede = _("上报后由街镇另一人核实，核实前不能再改。")
    if is_zero:
        lede = _("这一年没有登记收入，将作零申报。") + lede
    return ask(
        request, Form(request.POST if request.method == "POST" else None), act, done=_("已上报街镇。"), verb=_("确认上报"), lede=lede,
        heading=_("上报 %(village)s %(year)d 年收入") % {"village": one.name, "year": year}, back=back,
    )  # fmt: skip


def _seen_year(request: SignedIn, pk: int) -> VillageYear:
    rows = VillageYear.objects.visible_to(request.user).select_related("village", "reported_by")
    found = get_object_or_404(rows, pk=pk)
    if not actions.looks_over(request.user, found.village.path):
        raise NotFound(_("没有找到这份年报，或不由您核实。"))
    return found


@login_required
@require_http_methods(FORM)
def verify(request: SignedIn, pk: int) -> HttpResponse:
    """Verify what a village reported, or send it back."""
    found = _seen_year(request, pk)
    form, back = VerifyForm(request.POST or None), f"{village_url(found.village)}?year={found.year}"

    def act() -> str:
        data = form.cleaned_data
        actions.verify_year(
            of_year=found, accept=data["accept"] == "yes", remark=data["remark"], by=request.user,
            at=now(),
        )  # fmt: skip
        return back

    words = {"village": found.village.name, "year": found.year}
    return ask(
        request, form, act, done=_("核实意见已保存。"), verb=_("提交"), back=back,
        heading=_("核实 %(village)s %(year)d 年收入") % words,
        lede=_("对照凭证核实；自己填报的由他人核实。"),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def reopen(request: SignedIn, pk: int) -> HttpResponse:
    """Open a verified year again."""
    found = _seen_year(request, pk)
    form, back = WhyForm(request.POST or None), f"{village_url(found.village)}?year={found.year}"

    def act() -> str:
        actions.reopen_year(
            of_year=found, reason=form.cleaned_data["reason"], by=request.user, at=now()
        )
        return back

    return ask(
        request, form, act, done=_("已重新打开。"), heading=_("重新打开年报"), verb=_("重新打开"), back=back,
        lede=_("打开后可以改，改完须重新上报和核实；原因记入审计日志。"),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def sale(request: SignedIn, code: str) -> HttpResponse:
    """Write down what was sold for a village."""
    one = worked_village(request, code)
    form = SaleForm(request.POST or None, initial={"on": localdate(), "key": uuid4().hex})

    def act() -> str:
        data = dict(form.cleaned_data)
        actions.record_sale(
            village=one, amount_fen=fen_of(data.pop("amount")), by=request.user, at=now(), **data
        )
        return reverse("economy:village", args=[one.code])

    return ask(
        request, form, act, done=_("已登记。"), heading=_("登记帮助销售"), verb=_("登记"), lede=one.name,
        back=village_url(one),
    )  # fmt: skip
