"""Pages of the offices of streets: beside the standard set, one street's structure, its reforms."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.ui.asking import act_on
from tongxin.ui.paging import page_of

from .. import actions, queries
from ..forms import offices as forms
from ..models import OFFICE_READERS, Org, StreetOffice
from ..scope import posts_of
from .people_of_units import ask

HISTORY = 50


def _must_read_some(user) -> None:
    """:raises NotFound: for who overlooks no land"""
    if not any(post.role in OFFICE_READERS for post in posts_of(user)):
        raise NotFound(_("您的岗位看不到内设机构。"))


def _is_officer(user) -> bool:
    return any(post.role == "officer" for post in posts_of(user))


def _street(request: SignedIn, pk: int, *, to_keep: bool = False) -> Org:
    street = get_object_or_404(queries.streets_read(request.user), pk=pk)
    if to_keep and not actions.may_keep_offices(request.user, street):
        raise NotFound(_("没有这个页面，或不归您管。"))
    return street


def _office(request: SignedIn, pk: int) -> StreetOffice:
    """Return a standing office that the reader keeps."""
    rows = StreetOffice.objects.visible_to(request.user).select_related("org__region")
    office = get_object_or_404(rows.filter(ended_on=None), pk=pk)
    if not actions.may_keep_offices(request.user, office.org):
        raise NotFound(_("没有这个页面，或不归您管。"))
    return office


@login_required
@require_GET
def offices(request: SignedIn) -> HttpResponse:
    """Compare the streets one may read with the standard set: which lacks which office."""
    _must_read_some(request.user)
    today = localdate()
    streets = queries.streets_read(request.user)
    page, cursor = page_of(streets, request.GET.get("cursor", ""), queries.STREETS, oldest=True)
    standards = queries.office_standards(today)
    context = {
        "rows": queries.compare_streets(page, standards, today),
        "standards": standards,
        "next_cursor": cursor,
        "may_load": not standards and _is_officer(request.user),
    }
    return render(request, "orgs/offices/list.html", context)


@login_required
@require_POST
def load_standards(request: SignedIn) -> HttpResponse:
    """Bring in the sample of the standard set."""
    if not _is_officer(request.user):
        raise NotFound(_("没有这个页面，或不归您管。"))
    n = actions.load_office_standards()
    messages.success(request, _("已载入 %d 个标准机构，请按本地文件核定。") % n)
    return redirect("orgs:offices")


@login_required
@require_GET
def street(request: SignedIn, pk: int) -> HttpResponse:
    """Show the structure of one street."""
    one = _street(request, pk)
    context = {
        "street": one,
        "structure": queries.structure_of(one, localdate()),
        "may_keep": actions.may_keep_offices(request.user, one),
    }
    return render(request, "orgs/offices/street.html", context)


@login_required
@require_GET
def printed(request: SignedIn, pk: int) -> HttpResponse:
    """Give the structure of one street on paper."""
    one, today = _street(request, pk), localdate()
    context = {"street": one, "structure": queries.structure_of(one, today), "day": today}
    return render(request, "orgs/offices/print.html", context)


@login_required
@require_GET
def history(request: SignedIn, pk: int) -> HttpResponse:
    """Show every act on the structure of one street, newest first."""
    one = _street(request, pk)
    rows = queries.office_changes(one)
    page, cursor = page_of(rows, request.GET.get("cursor", ""), HISTORY)
    context = {"street": one, "rows": page, "next_cursor": cursor}
    return render(request, "orgs/offices/history.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def set_up(request: SignedIn, pk: int) -> HttpResponse:
    """Set up an office; `?standard=` fills the form in from the standard set."""
    one = _street(request, pk, to_keep=True)
    code = request.GET.get("standard", "")
    found = next((row for row in queries.office_standards(localdate()) if row.code == code), None)
    initial: dict[str, Any] = {}
    if found is not None:
        initial = {"name": found.name, "kind": found.kind, "duties": found.duties}
    form = forms.OfficeForm(request.POST or None, street=one, initial=initial)

    def act() -> None:
        new = form.new(found.code if found else "")
        actions.set_up_office(street=one, new=new, paper=form.paper(), at=now(), by=request.user)

    lede = _("已按标准机构填好名称和参考职责，请按本街镇的文件改。") if found else ""
    return ask(
        request, form, act, done=_("机构已设立。"), back=_back(one), heading=_("设立机构"),
        verb=_("设立"), back_label=one.name, lede=lede,
    )  # fmt: skip


def _back(street: Org) -> str:
    return reverse("orgs:offices-of", args=[street.pk])


@login_required
@require_http_methods(["GET", "POST"])
def amend(request: SignedIn, pk: int) -> HttpResponse:
    """Change an office's name, approved posts or counterparts."""
    one = _office(request, pk)
    form = forms.AmendForm(request.POST or None, office=one)

    def act() -> None:
        actions.amend_office(office=one, at=now(), by=request.user, **form.given())

    return ask(
        request, form, act, done=_("已保存。"), back=_back(one.org),
        heading=_("调整“%s”") % one, verb=_("保存调整"), back_label=one.org.name,
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def duties(request: SignedIn, pk: int) -> HttpResponse:
    """Give an office more duties."""
    one = _office(request, pk)
    form = forms.DutiesForm(request.POST or None)

    def act() -> None:
        texts = form.cleaned_data["duties"].splitlines()
        actions.add_duties(office=one, duties=texts, paper=form.paper(), at=now(), by=request.user)

    return ask(
        request, form, act, done=_("职责已增加。"), back=_back(one.org),
        heading=_("给“%s”增加职责") % one, verb=_("增加职责"), back_label=one.org.name,
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def seat(request: SignedIn, pk: int) -> HttpResponse:
    """Seat somebody's post of the street in an office, or name its head."""
    one = _office(request, pk)
    form = forms.OfficeSeatForm(request.POST or None, office=one)

    def act() -> None:
        actions.seat_in_office(office=one, at=now(), by=request.user, **form.given())

    return ask(
        request, form, act, done=_("人员已安排。"), back=_back(one.org),
        heading=_("“%s”安排人员") % one, verb=_("安排"), back_label=one.org.name,
    )  # fmt: skip


@login_required
@require_POST
def leave(request: SignedIn, pk: int, seat_pk: int) -> HttpResponse:
    """End a seat in an office."""
    one = _office(request, pk)
    actions.leave_office(seat=get_object_or_404(one.seats, pk=seat_pk), at=now(), by=request.user)
    messages.success(request, _("已调出。"))
    return redirect(_back(one.org))


@login_required
@require_http_methods(["GET", "POST"])
def reform(request: SignedIn, pk: int) -> HttpResponse:
    """Merge or dissolve offices in one act; every duty keeps an office."""
    one = _street(request, pk, to_keep=True)
    rows = StreetOffice.objects.visible_to(request.user).filter(org=one, ended_on=None)
    found = list(rows.prefetch_related("duties").order_by("pk"))
    form = forms.ReformForm(request.POST or None, offices=found)

    def act() -> str:
        actions.reform_offices(street=one, at=now(), by=request.user, **form.given())
        return _back(one)

    answer, remedy, status = act_on(request, form, act, done=_("改革已生效，沿革已记下。"))
    context = {"street": one, "form": form, "remedy": remedy}
    return answer or render(request, "orgs/offices/reform.html", context, status=status)
