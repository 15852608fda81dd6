"""The frame in force: its items by part, versions, a sheet out and a version in."""

from __future__ import annotations

import io
from itertools import groupby

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.kit.tables import write_csv
from tongxin.orgs.scope import posts_of

from .. import actions, queries
from ..actions.frame import TEXTS
from ..forms import FrameForm
from ..models import StandardSet
from .common import ask, must_read, number_of, show


def _sets_standards(user) -> bool:
    return user.is_superuser or any(post.role == "organiser" for post in posts_of(user))


@login_required
@require_GET
def page(request: SignedIn) -> HttpResponse:
    """Show a version of the frame, the one in force unless another is asked for."""
    must_read(request.user)
    sets = list(StandardSet.objects.public().order_by("-effective_from", "-version"))
    asked = number_of(request, "set")
    shown = next((one for one in sets if one.pk == asked), None)
    in_force = [one for one in StandardSet.objects.public().on(localdate())]
    own = [one for one in in_force if not one.is_sample] or in_force
    shown = shown or (own[-1] if own else None)
    items = shown.items.all() if shown else []
    parts = [
        (label, [(one, queries.frame_text_of(one)) for one in group])
        for label, group in groupby(items, key=lambda one: one.get_part_display())
    ]
    context = {
        "sets": sets, "shown": shown, "parts": parts, "current": own[-1] if own else None,
        "may_set": _sets_standards(request.user),
    }  # fmt: skip
    return show(request, "frame", context, tab="frame")


@login_required
@require_POST
def load(request: SignedIn) -> HttpResponse:
    """Bring in the sample frame."""
    if not _sets_standards(request.user):
        raise NotFound(_("标准由组织员或系统管理员维护。"))
    n = actions.load_frame()
    messages.success(request, _("已载入样例 %d 条，请按本地文件核定。") % n)
    return redirect("standards:frame")


@login_required
@require_http_methods(["GET", "POST"])
def new(request: SignedIn) -> HttpResponse:
    """Hand in a version of the frame."""
    if not _sets_standards(request.user):
        raise NotFound(_("标准由组织员或系统管理员维护。"))
    initial = {"code": "branch", "version": 2, "least_share": 85, "effective_from": localdate()}
    form = FrameForm(request.POST or None, request.FILES or None, initial=initial)

    def act() -> str:
        given = dict(form.cleaned_data)
        file = given.pop("file")
        made = actions.set_frame(
            data=file.read(), file_name=file.name, by=request.user, at=now(), **given
        )
        return f"{reverse('standards:frame')}?set={made.pk}"

    return ask(
        request, form, act, done=_("新版标准已保存，从启用日期起使用。"), tab="frame",
        heading=_("上传本地标准"), verb=_("保存标准"), back=reverse("standards:frame"),
        lede=_("先下载条目表，改成本地的条目再上传；以前按旧版作出的考核不受影响。"),
    )  # fmt: skip


@login_required
@require_GET
def download(request: SignedIn, pk: int) -> HttpResponse:
    """Answer the items of a version as the table that may be handed in again."""
    must_read(request.user)
    row = get_object_or_404(StandardSet.objects.public(), pk=pk)
    header = [*TEXTS, "least", "is_must"]
    lines = [
        [*(getattr(item, name) for name in TEXTS), item.least, int(item.is_must)]
        for item in row.items.all()
    ]
    out = io.StringIO()
    write_csv(out, header, lines)
    answer = HttpResponse(out.getvalue().encode(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="frame-{row.code}-{row.version}.csv"'
    return answer
