"""Where everybody starts, and what crosses all pages: the role one acts in, a resident's number."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import address_of
from tongxin.cases.models import Case
from tongxin.kit.errors import Refused
from tongxin.requests.actions import reveal_contact
from tongxin.ui.forms import ReasonForm

from .. import roles


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Send everybody to the page of the role they act in."""
    return redirect(roles.home_of(roles.role_of(request)))


@login_required
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Act in another of one's roles."""
    return redirect(roles.home_of(roles.choose(request, request.POST.get("role", ""))))


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def contact(request: HttpRequest, pk) -> HttpResponse:
    """Show a resident's number to somebody who must call them, for a reason that is kept."""
    cases = Case.objects.visible_to(request.user).select_related("request", "reporter")
    case = get_object_or_404(cases, pk=pk)
    form, shown, status = ReasonForm(request.POST or None), None, 200
    if request.method == "POST" and form.is_valid():
        try:
            shown = reveal_contact(
                case=case,
                actor=request.user,
                reason=form.cleaned_data["reason"],
                at=now(),
                address=address_of(request),
            )
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
    context = {"case": case, "form": form, "shown": shown}
    return render(request, "portal/contact.html", context, status=status)
