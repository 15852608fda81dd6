"""What supervisors look at: payments overdue, checks of how money was used."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.ui.paging import page_of

from .. import actions, queries
from ..forms import CheckForm, MendForm
from ..models import Payable, UseCheck
from .common import FORM, PAGE, ask, keep_photos, seen_account, show


@login_required
@require_GET
def overdue(request: SignedIn) -> HttpResponse:
    """List what should have been paid, the longest overdue first."""
    today = localdate()
    rows = Payable.objects.visible_to(request.user)
    n, fen = queries.overdue_sum(rows, today)
    late = list(queries.overdue_of(rows, today)[:200])
    context = {
        "rows": [{"one": one, "days": (today - one.due_on).days} for one in late],
        "n": n,
        "fen": fen,
        "oldest": (today - late[0].due_on).days if late else 0,
    }
    return show(request, "overdue", context, tab="overdue")


@login_required
@require_GET
def checks(request: SignedIn) -> HttpResponse:
    """List the checks, with what of them is not mended."""
    rows = UseCheck.objects.visible_to(request.user)
    state = request.GET.get("state", "")
    if state == "open":
        rows = rows.filter(mend_by__isnull=False, mended_on__isnull=True)
    elif state in UseCheck.Result.values:
        rows = rows.filter(result=state)
    page, following = page_of(
        rows.select_related("account__org", "line", "by", "mended_by").prefetch_related("photos"),
        request.GET.get("cursor", ""), PAGE,
    )  # fmt: skip
    labels = (("", _("全部")), ("open", _("待整改")), *UseCheck.Result.choices)
    context = {
        "rows": [
            {"one": one, "keeps": actions.keeps_books(request.user, one.account.org)
             and one.mend_by is not None and one.mended_on is None}
            for one in page
        ],
        "next": following,
        "segments": [
            {"label": label, "url": f"?state={value}", "active": value == state, "count": None}
            for value, label in labels
        ],
        "today": localdate(),
    }  # fmt: skip
    return show(request, "checks", context, tab="checks")


@login_required
@require_http_methods(FORM)
def check(request: SignedIn, pk: int) -> HttpResponse:
    """Write down a check of an account."""
    account = seen_account(request, pk)
    if not actions.may_check(request.user, account):
        raise NotFound(_("没有找到这个账户，或不由您抽查。"))
    form = CheckForm(
        request.POST or None, request.FILES or None, account=account,
        initial={"on": localdate(), "line": request.GET.get("line", "")},
    )  # fmt: skip

    def act() -> str:
        data, at = dict(form.cleaned_data), now()
        photos = keep_photos(data.pop("photos"), request.user, at)
        actions.record_check(account=account, by=request.user, at=at, photos=photos, **data)
        return reverse("funds:account", args=[account.pk])

    return ask(
        request, form, act, done=_("抽查结果已登记。"), tab="checks", heading=_("登记使用抽查"),
        verb=_("登记"), lede=f"{account.name} · {account.purpose}".rstrip(" ·"),
        back=reverse("funds:account", args=[account.pk]),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def mend(request: SignedIn, pk: int) -> HttpResponse:
    """Say how a fault was mended."""
    rows = UseCheck.objects.visible_to(request.user).select_related("account__org")
    one = get_object_or_404(rows, pk=pk)
    if not actions.keeps_books(request.user, one.account.org):
        raise NotFound(_("没有找到这次抽查，或不由您整改。"))
    form = MendForm(request.POST or None)

    def act() -> str:
        actions.mend_check(check=one, text=form.cleaned_data["text"], by=request.user, at=now())
        return reverse("funds:checks")

    return ask(
        request, form, act, done=_("整改情况已送达抽查人。"), tab="checks", heading=_("登记整改"),
        verb=_("登记"), lede=one.text, back=reverse("funds:checks"),
    )  # fmt: skip
