"""我的关爱档案: what is held about oneself, who looked, and what one may ask."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.kit.tables_out import write_xlsx

from .. import actions, queries
from ..forms import RightForm, ServiceForm, UntilForm
from ..models import CareFile, RightsRequest
from ..queries import lists
from .common import PHONE, handle, page
from .files import FORMS

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@login_required
@require_safe
def mine(request: SignedIn) -> HttpResponse:
    """Show the files and registrations kept about oneself."""
    context = {
        "base": PHONE,
        "files": [queries.masked_line(one, localdate()) for one in queries.own_files(request.user)],
        "stays": lists.own_stays(request.user),
    }
    return page(request, "mine.html", context)


def _own(request: SignedIn, pk: UUID) -> CareFile:
    found = queries.own_file(request.user, pk)
    if found is None:
        raise NotFound(_("没有找到这份档案，或您看不到它。"))
    return found


@login_required
@require_http_methods(FORMS)
def own_file(request: SignedIn, pk: UUID) -> HttpResponse:
    """Show everything held about oneself, and take a wish about it."""
    found, at = _own(request, pk), now()
    parts: dict[str, list[tuple[str, str]]] = {}
    for part, field, value in queries.sheet_of(found, localdate(at)):
        parts.setdefault(part, []).append((field, value))
    form = RightForm(request.POST if request.method == "POST" else None)
    kinds: Any = form.fields["kind"]
    if found.basis != CareFile.Basis.CONSENT or found.closed_at is not None:
        kinds.choices = [one for one in kinds.choices if one[0] != RightsRequest.Kind.WITHDRAW]
    return handle(
        request, form,
        lambda given: actions.ask_right(
            file=found, kind=given["kind"], text=given["text"], by=request.user, at=at
        ),
        to=lambda _asked: reverse("care:mine-file", args=[pk]), done=_("已提出。"),
        template="mine_file.html", base=PHONE, file=found, parts=parts.items(),
        asked=found.rights.order_by("-pk"),
    )  # fmt: skip


@login_required
@require_safe
def copy(request: SignedIn, pk: UUID) -> HttpResponse:
    """Hand out everything held about oneself as a file (PIPL §45)."""
    found = _own(request, pk)
    out = io.BytesIO()
    rows = queries.sheet_of(found, localdate())
    write_xlsx(out, [_("部分"), _("项目"), _("内容")], rows, sheet=_("我的关爱档案"))
    answer = HttpResponse(out.getvalue(), content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="care-{found.number}.xlsx"'
    answer["Cache-Control"] = "no-store"
    return answer


def _stay(request: SignedIn, pk: UUID) -> Any:
    found = lists.own_stay(request.user, pk)
    if found is None:
        raise NotFound(_("没有找到这条登记，或您看不到它。"))
    return found


@login_required
@require_http_methods(FORMS)
def extend(request: SignedIn, pk: UUID) -> HttpResponse:
    """Say that one stays longer."""
    found = _stay(request, pk)
    form = UntilForm(
        request.POST if request.method == "POST" else None, initial={"until": found.until}
    )
    return handle(
        request, form,
        lambda given: actions.extend_stay(
            stay=found, until=given["until"], by=request.user, at=now()
        ),
        to=lambda _stay: reverse("care:mine"), title=_("还住在这里"), verb=_("续登"),
        done=_("已续登。"), back=reverse("care:mine"), base=PHONE,
    )  # fmt: skip


@login_required
@require_POST
def leave(request: SignedIn, pk: UUID) -> HttpResponse:
    """End one's own registration."""
    actions.end_stay(stay=_stay(request, pk), by=request.user, at=now())
    return redirect("care:mine")


@login_required
@require_http_methods(FORMS)
def service(request: SignedIn, pk: UUID) -> HttpResponse:
    """Ask for help with a permit, school, work or housing."""
    found = _stay(request, pk)
    form = ServiceForm(request.POST if request.method == "POST" else None)
    return handle(
        request, form,
        lambda given: actions.ask_service(
            stay=found, kind=given["kind"], by=request.user, at=now()
        ),
        to=lambda _service: reverse("care:mine"), title=_("需要什么服务"), verb=_("提出"),
        done=_("已告诉网格员。"), back=reverse("care:mine"), base=PHONE,
    )  # fmt: skip
