"""Fragments for pages of other apps, 我也是, and the page on which requests are merged."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.cases.models import Case
from tongxin.cases.queries import card_of, outlined
from tongxin.kit.errors import NotPermitted, Refused
from tongxin.kit.text import mask_name
from tongxin.language.private import kinds_of
from tongxin.orgs.scope import roles_over
from tongxin.regions.queries import get_land, place_name
from tongxin.ui.forms import Form

from .. import actions, queries, wording

READ = 10_000  # characters of what is being written that are looked at
DESK = {"dispatcher", "officer"}
MOST_COLUMNS = 4


class WhereForm(Form):
    """A text and where it is about, as far as they are known while somebody writes."""

    text = forms.CharField(required=False, strip=True)
    lng = forms.FloatField(required=False, min_value=-180, max_value=180)
    lat = forms.FloatField(required=False, min_value=-90, max_value=90)
    region = forms.CharField(required=False, max_length=18)

    def land(self) -> Any:
        try:
            code = self.cleaned_data.get("region")
            return get_land(code) if code else None
        except Refused:
            return None

    def point(self) -> tuple[float, float] | None:
        lng, lat = self.cleaned_data.get("lng"), self.cleaned_data.get("lat")
        return (lng, lat) if lng is not None and lat is not None else None


@require_POST
def similar(request: HttpRequest) -> HttpResponse:
    """Give what is likely the same matter, and what of the text will be hidden, while one writes.

    Everybody gets outlines of public requests; who has a desk, the cases they see.
    """
    given = request.POST.copy()
    given["text"] = given.get("text", "")[:READ]
    form = WhereForm(given)
    form.is_valid()  # what cannot be read is simply not known yet
    text = form.cleaned_data.get("text") or ""
    is_desk = "desk" in request.GET and request.user.is_authenticated
    found = queries.similar(
        text=text, at=now(), land=form.land(), point=form.point(),
        among=Case.objects.visible_to(request.user) if is_desk else None,
    )  # fmt: skip
    if not is_desk:
        for one in found:
            outlined(one.case)
    context = {
        "found": found,
        "private": wording.kinds_in_words(kinds_of(text)),
        "is_desk": is_desk,
        "user_id": request.user.pk,
    }
    return render(request, "matters/bits/similar.html", context)


def _public(pk) -> Case:
    return get_object_or_404(Case.objects.public(), pk=pk, kind="request")


@require_safe
def join_box(request: HttpRequest, pk) -> HttpResponse:
    """Give how many have the same matter, and the button to join them."""
    return _box(request, _public(pk))


def _box(request: HttpRequest, case: Case) -> HttpResponse:
    context = {
        "case": outlined(case),
        "n": queries.joined([case.pk]).get(case.pk, 0),
        "has_joined": queries.has_joined(request.user, case),
        "is_own": request.user.is_authenticated and case.reporter_id == request.user.pk,
        "here": reverse("requests:outline", args=[case.pk]),
    }
    return render(request, "matters/bits/join.html", context)


@login_required
@require_POST
def join(request: HttpRequest, pk) -> HttpResponse:
    """我也是: join a public request instead of filing another."""
    joining = actions.join_matter(case=_public(pk), actor=request.user, at=now())  # type: ignore[arg-type]
    if request.htmx:  # type: ignore[attr-defined]
        return _box(request, joining.case)
    messages.success(request, _("已记下“我也是”，有进展会告诉您。不用再提交一遍。"))
    return redirect("requests:outline", pk=joining.case_id)


@login_required
@require_POST
def leave(request: HttpRequest, pk) -> HttpResponse:
    """Take one's joining back."""
    case = _public(pk)
    actions.leave_matter(case=case, actor=request.user)  # type: ignore[arg-type]
    if request.htmx:  # type: ignore[attr-defined]
        return _box(request, case)
    messages.success(request, _("已取消，不再通知您。"))
    return redirect("requests:outline", pk=pk)


@login_required
@require_safe
def joined(request: HttpRequest) -> HttpResponse:
    """Give what the resident joined, for the page of their own requests."""
    at = now()
    cards = [
        card_of(outlined(one.case), at=at)
        | {"url": reverse("requests:outline", args=[one.case_id])}
        for one in queries.matters_joined(request.user)
    ]
    return render(request, "matters/bits/joined.html", {"cards": cards})


def _at_desk(request: HttpRequest, pk) -> Case:
    """Return a request for whose area the actor dispatches.

    :raises NotPermitted: if they see it but do not dispatch there
    """
    cases = Case.objects.visible_to(request.user).select_related("topic", "reporter")
    case = get_object_or_404(cases, pk=pk, kind="request")
    if not roles_over(request.user, case.area) & DESK:
        raise NotPermitted(_("只有派单员和街镇管理员可以并单。"))
    return case


@login_required
@require_safe
def beside(request: HttpRequest, pk) -> HttpResponse:
    """Give what else may be the same matter, beside a case at the desk; nothing for others."""
    try:
        case = _at_desk(request, pk)
    except NotPermitted:
        return HttpResponse("")
    found = queries.similar_to(case, actor=request.user, at=now()) if case.step != "merged" else []
    context = {
        "case": case,
        "found": found,
        "followers": list(queries.followers_of(case)),
        "n": queries.joined([case.pk]).get(case.pk, 0),
        "next": request.GET.get("next", ""),
    }
    return render(request, "matters/bits/beside.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, pk) -> HttpResponse:
    """Show requests side by side, and let the others follow the one that is chosen to lead."""
    ids = [pk, *request.GET.getlist("with"), *request.POST.getlist("with")]
    cases = [_at_desk(request, one) for one in dict.fromkeys(map(_uuid, ids))][: MOST_COLUMNS + 1]
    if number := (request.GET.get("number") or "").strip():
        cases += _by_number(request, number, {case.pk for case in cases})
    if request.method == "POST":
        leader = next((c for c in cases if str(c.pk) == request.POST.get("leader")), None)
        try:
            if leader is None:
                raise actions.NothingToMerge(_("请指定由哪一张牵头。"), field="leader")
            actions.merge_cases(
                leader=leader, others=cases, at=now(), actor=request.user,  # type: ignore[arg-type]
                note=request.POST.get("note", ""),
            )  # fmt: skip
        except Refused as refusal:
            return _compare(request, cases, refusal)
        said = _("已并单：%(n)d 张单子由 %(number)s 牵头，居民都会收到通知。")
        messages.success(request, said % {"n": len(cases) - 1, "number": leader.number})
        return redirect("cases:detail", pk=leader.pk)
    return _compare(request, cases, None)


def _uuid(text: Any) -> str:
    return str(text)


def _by_number(request: HttpRequest, number: str, known: set) -> list[Case]:
    found = Case.objects.visible_to(request.user).filter(number=number, kind="request").first()
    if found is None:
        messages.error(request, _("没有找到编号为 %s 的单子，或您看不到它。") % number[:24])
        return []
    return [] if found.pk in known else [_at_desk(request, found.pk)]


def _compare(request: HttpRequest, cases: list[Case], refusal: Refused | None) -> HttpResponse:
    at = now()
    counted, by_case = queries.joined([case.pk for case in cases]), queries.photos_sent(cases)
    columns = [
        {
            "case": case,
            "card": card_of(case, at=at),
            "place": place_name(case.area, below="district"),
            "reporter": mask_name(case.reporter.name) if case.reporter else "",
            "n": counted.get(case.pk, 0),
            "photos": by_case.get(case.pk, []),
        }
        for case in cases
    ]
    oldest = min(cases, key=lambda case: case.opened_at)
    context = {
        "columns": columns,
        "leader": request.POST.get("leader") or str(oldest.pk),
        "note": request.POST.get("note", ""),
        "refusal": refusal,
        "first": cases[0],
        "is_mixed": len({case.is_private for case in cases}) > 1,
        "why": queries.compared(*cases) if len(cases) == 2 else "",
    }
    return render(request, "matters/merge.html", context, status=refusal.status if refusal else 200)
