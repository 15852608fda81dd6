"""A photo, its thumbnail, and where it was taken for those who may ask."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.accounts.queries import SignedIn, address_of
from tongxin.kit.errors import Refused
from tongxin.ui.forms import ReasonForm

from . import actions, gates, queries

KEPT_SECONDS = 3600


@login_required
@require_safe
def file(request: SignedIn, pk: UUID) -> FileResponse:
    """Answer with a JPEG of at most 2048 px, upright, without any metadata."""
    return _file(request, pk, "file")


@login_required
@require_safe
def thumb(request: SignedIn, pk: UUID) -> FileResponse:
    """Answer with a JPEG of at most 480 px."""
    return _file(request, pk, "thumb")


def _file(request: SignedIn, pk: UUID, name: str) -> FileResponse:
    try:
        photo = queries.photo_for(request.user, pk)
        opened = getattr(photo, name).open()
    except FileNotFoundError:
        raise Http404(_("照片文件已不在，请联系管理员。")) from None
    except queries.NoSuchPhoto as refusal:
        raise Http404(str(refusal)) from None
    response = FileResponse(opened, content_type="image/jpeg", filename=f"{photo.pk}-{name}.jpg")
    response["Cache-Control"] = f"private, max-age={KEPT_SECONDS}"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def origin(request: SignedIn, pk: UUID) -> HttpResponse:
    """Ask for the reason, then show when, where and by what the photo was taken."""
    try:
        photo = queries.photo_for(request.user, pk)
    except queries.NoSuchPhoto as refusal:
        raise Http404(str(refusal)) from None
    if not gates.may_reveal(request.user, photo):
        raise actions.NotForYou(_("只有当地的管理员可以查看照片的拍摄位置和设备。"))
    form = ReasonForm(request.POST if request.method == "POST" else None)
    found, status = None, 200
    if request.method == "POST" and form.is_valid():
        try:
            found = actions.reveal_origin(
                photo=photo,
                actor=request.user,
                reason=form.cleaned_data["reason"],
                at=now(),
                address=address_of(request),
            )
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
    elif request.method == "POST":
        status = 422
    context = {"photo": photo, "form": form, "found": found}
    return render(request, "photos/origin.html", context, status=status)
