"""The library for everybody: what is published, one after the other, on paper, its pictures."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tongxin.ui.paging import page_of

from .. import actions, queries
from ..models import Exemplar
from .common import segments

PAGE = 20


@require_safe
def public(request: HttpRequest) -> HttpResponse:
    """List what is published, newest first."""
    words = {name: request.GET.get(name, "")[:40] for name in ("q", "kind", "tag")}
    rows = queries.search(
        Exemplar.objects.public(), text=words["q"], kind=words["kind"], tag=words["tag"]
    )
    found, following = page_of(rows, request.GET.get("cursor", ""), PAGE)
    kinds = [("", _("全部")), *((one.code, one.name) for one in queries.kinds())]
    context = {
        "rows": found, "next_cursor": following, "asked": words,
        "kinds": segments(request, "kind", kinds, words["kind"]),
    }  # fmt: skip
    return render(request, "library/public.html", context)


@require_safe
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one that is published, with the one before and after it; the opening is counted."""
    one = _published(pk)
    actions.count_read(subject="exemplar", object=pk, on=localdate())
    newer, older = queries.neighbours(Exemplar.objects.public().only("pk", "title"), pk)
    context = {
        "one": one, "photos": list(one.photos.all()), "files": list(one.files.all()),
        "newer": newer, "older": older, "reads": queries.reads_of("exemplar", [pk]).get(pk, 0),
    }  # fmt: skip
    return render(request, "library/read.html", context)


def _published(pk: int) -> Exemplar:
    return get_object_or_404(Exemplar.objects.public().select_related("kind", "org"), pk=pk)


@require_safe
def on_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one for printing."""
    return render(request, "library/print.html", {"one": _published(pk)})


@require_safe
def picture(request: HttpRequest, pk: int, size: str) -> FileResponse:
    """Answer with a picture of an exemplar the reader may read: no metadata is in it."""
    rows = Exemplar.objects.visible_to(request.user)
    photo = get_object_or_404(rows, photos=pk).photos.select_related("photo").get(pk=pk).photo
    try:
        opened = (photo.thumb if size == "thumb" else photo.file).open()
    except FileNotFoundError:
        raise Http404(_("照片文件已不在，请联系管理员。")) from None
    answer = FileResponse(opened, content_type="image/jpeg")
    answer["Cache-Control"] = "private, max-age=3600"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
