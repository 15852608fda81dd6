"""One move for many cases: what it needs is asked once, what became of each is told line by line."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongxin.cases.models import Case
from tongxin.kit.errors import Invalid

from .. import actions, bulk
from ..forms import BulkForm


@login_required
@require_POST
def many(request: HttpRequest) -> HttpResponse:
    """Ask what the move needs for the cases ticked, then make it for each (`go`)."""
    name = request.POST.get("move", "")
    label = next((one["label"] for one in bulk.offered(request.user) if one["name"] == name), None)
    if label is None:
        raise Invalid(_("这个操作不能批量办理。"), field="move")
    cases = _ticked(request)
    form = _form(request, cases, name)
    context: dict[str, Any] = {"cases": cases, "name": name, "label": label, "next": _next(request)}
    if "go" in request.POST and form.is_valid():
        outcomes = actions.move_many(
            cases=cases,
            name=name,
            actor=request.user,
            at=now(),
            key=request.POST.get("key", "")[:40],
            **bulk.given(form.cleaned_data),
        )
        context["done"] = [one for one in outcomes if not one.refusal]
        context["refused"] = [one for one in outcomes if one.refusal]
        return render(request, "portal/many_done.html", context)
    status = 422 if "go" in request.POST else 200
    context |= {"form": form, "key": str(uuid.uuid4())}
    return render(request, "portal/many.html", context, status=status)


def _ticked(request: HttpRequest) -> list[Case]:
    """Return the cases ticked that the user may see, in the order of the list.

    :raises Invalid: for none, or more than a hundred
    """
    ids = _uuids(request.POST.getlist("case"))
    if not ids:
        raise Invalid(_("还没有选中任何单子，请先在列表里勾选。"), field="case")
    if len(ids) > actions.MOST_AT_ONCE:
        raise Invalid(_("一次最多办理 %d 张单子，请分批。") % actions.MOST_AT_ONCE, field="case")
    found = Case.objects.visible_to(request.user).select_related("topic").in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def _uuids(texts: list[str]) -> list[uuid.UUID]:
    found = []
    for text in dict.fromkeys(texts):
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found


def _form(request: HttpRequest, cases: list[Case], name: str) -> BulkForm:
    needs = bulk.NEEDS.get(name, "")
    people, orgs = bulk.doers_for(cases, at=now()) if "handler" in needs and cases else ([], [])
    data = request.POST if "go" in request.POST else None
    return BulkForm(data, needs=needs, people=people, orgs=orgs)


def _next(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
    return target if ours else reverse("portal:desk")
