"""Guides of an operation: published, read, confirmed; who has not."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.kit.errors import NotFound

from .. import actions
from ..forms import GuideForm
from ..models import Guide, GuideReading
from ..queries.guides import readers_of
from ..scope import leads
from .common import ask, carried_out, directed_operation, found, me, page_of


@login_required
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish a guide or a new version of it."""
    operation = directed_operation(request, pk)
    form = GuideForm(request.POST or None, request.FILES or None)
    made: list[Guide] = []

    def act(data: dict[str, Any]) -> None:
        made.append(actions.publish_guide(operation=operation, at=now(), by=me(request), **data))

    if carried_out(request, form, act):
        messages.success(request, _("已发布，在岗的下沉干部收到了通知。"))
        return redirect("cadres:guide", made[0].pk)
    return ask(
        request, form, heading=_("发布工作指南"), verb=_("发布"), icon="book",
        back=reverse("cadres:operation", args=[operation.pk]),
    )  # fmt: skip


def _guide(request: HttpRequest, pk: int) -> Guide:
    rows = Guide.objects.visible_to(request.user).select_related(
        "operation__region", "operation__ordered_by", "by"
    )
    return found(rows.defer("operation__region__polygon"), pk)


@login_required
@require_GET
def guide(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a guide; a cadre confirms it, who directs sees who has not."""
    one = _guide(request, pk)
    readers = readers_of(one.operation, localdate())
    mine = readers.filter(person__user=me(request)).exists()
    directs = leads(request.user, one.operation)
    context: dict[str, Any] = {
        "guide": one,
        "is_reader": mine,
        "reading": GuideReading.objects.visible_to(request.user).filter(guide=one, user=me(request)).first()
        if mine else None,
        "directs": directs,
    }  # fmt: skip
    if directs:
        unread = readers.exclude(person__user__in=one.readings.values("user"))
        total = readers.count()
        rows, next_cursor = page_of(
            request,
            unread.select_related("person", "from_unit", "community").defer("community__polygon"),
        )
        left = unread.count()
        context |= {
            "total": total,
            "left": left,
            "read": total - left,
            "rows": rows,
            "next_cursor": next_cursor,
        }
    layout = "ui/phone.html" if mine and not directs else "ui/desk.html"
    return render(request, "cadres/guide.html", context | {"layout": layout})


@login_required
@require_GET
def file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Hand over the file of a guide to who may read the guide, in whichever version."""
    one = _guide(request, pk)
    if not one.file:
        raise NotFound(_("这份指南没有附件。"))
    try:
        opened = one.file.open("rb")
    except FileNotFoundError:
        raise NotFound(_("附件不在了，请联系发布人重新上传。")) from None
    # A document may hold scripts of its own: it is handed over, not opened in our name.
    response = FileResponse(
        opened, content_type=one.media, as_attachment=one.media != "image/jpeg",
        filename=one.file_name,
    )  # fmt: skip
    response["Cache-Control"] = "private, max-age=3600"
    return response


@login_required
@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm that one has read it."""
    actions.confirm_reading(guide=_guide(request, pk), at=now(), by=me(request))
    messages.success(request, _("已确认阅读。"))
    return redirect("cadres:mine")


@login_required
@require_POST
def remind(request: HttpRequest, pk: int) -> HttpResponse:
    """Remind who has not confirmed."""
    one = _guide(request, pk)
    if not leads(request.user, one.operation):
        raise NotFound(_("没有找到，或您看不到它。"))
    number = actions.remind_unread(guide=one, at=now(), by=me(request))
    messages.success(request, _("%d 人还没有确认，已提醒（每人每天最多一次）。") % number)
    return redirect("cadres:guide", one.pk)
