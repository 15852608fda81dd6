"""A finding at a site, in three taps: photo, kind, sentence; put right at once, or not."""

from __future__ import annotations

from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.findings.queries import kinds_on
from tongxin.kit.errors import NotFound, Refused
from tongxin.photos.actions import keep_photo
from tongxin.photos.models import Photo

from .. import actions
from ..forms import FindingForm
from ..models import SiteVisit
from .common import FORM, is_inner


@login_required
@require_http_methods(FORM)
def finding(request: SignedIn, pk: int) -> HttpResponse:
    """Register what was found at a site."""
    rows = SiteVisit.objects.visible_to(request.user).select_related(
        "visit", "site__region", "site__org", "site__regulator",
        "dispatch__team__operation__org", "dispatch__team__operation__region",
    )  # fmt: skip
    stop = get_object_or_404(rows, pk=pk)
    if not is_inner(request, stop.dispatch.team.operation):
        raise NotFound(_("没有找到这次检查，或不由您登记。"))
    kinds = [(one.code, one.name) for one in kinds_on(localdate())]
    form = FindingForm(
        request.POST or None, request.FILES or None, kinds=kinds, initial={"key": uuid4().hex}
    )
    status, remedy = 200, ""
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = _record(request, stop, form)
            except Refused as refusal:
                form.take(refusal)
                status, remedy = refusal.status, refusal.remedy
            else:
                words = (
                    _("问题 %s 已登记，现场已纠正。") if made.is_settled else _("问题 %s 已登记。")
                )
                messages.success(request, words % made.number)
                return redirect("inspections:dispatch", stop.dispatch_id)
    context = {
        "stop": stop, "form": form, "remedy": remedy,
        "responsible": actions.responsible(stop.site),
    }  # fmt: skip
    return render(request, "inspections/finding.html", context, status=status)


def _record(request: SignedIn, stop: SiteVisit, form: FindingForm):
    given = dict(form.cleaned_data)
    moment, key = now(), given["key"]

    def keep(files: list[bytes], slot: str) -> list[Photo]:
        return [
            keep_photo(
                data=data, by=request.user, at=moment, key=f"{key}:{slot}:{n}" if key else None
            )
            for n, data in enumerate(files)
        ]

    given["photos"], given["after"] = keep(given["photos"], "b"), keep(given["after"], "a")
    return actions.record_at_site(stop=stop, by=request.user, at=moment, **given)
