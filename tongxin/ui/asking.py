"""A page that asks one thing: its form is judged, the act is done, what stands against it is shown."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from tongxin.kit.errors import Refused

from .forms import Form


def act_on(
    request: HttpRequest, form: Form, act: Callable[[], str], *, done: str
) -> tuple[HttpResponse | None, str, int]:
    """Do what a form asks; `act` returns where to go, `done` is said there.

    Return the way there, or None with the remedy and the status of the page that asks (again).
    A refusal is shown beside its field.
    """
    if request.method != "POST":
        return None, "", 200
    if not form.is_valid():
        return None, "", 422
    try:
        url = act()
    except Refused as refusal:
        form.take(refusal)
        return None, refusal.remedy, refusal.status
    messages.success(request, done)
    return redirect(url), "", 302
