"""Templates: those in use, one with its preview, a new one from Word, the samples to begin from."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn

from .. import actions, queries
from ..forms import TemplateForm
from ..markup import blocks
from ..models import DocumentTemplate
from .common import ask, kinds_in_use, must_have_desk
from .common import show as draw
from .document import TYPES


@login_required
@require_safe
def listing(request: SignedIn) -> HttpResponse:
    """List the unit's templates in use, and a sample for every kind."""
    must_have_desk(request.user)
    rows = DocumentTemplate.objects.visible_to(request.user).filter(is_active=True)
    kinds = kinds_in_use()
    names = {one.code: one.name for one in kinds}
    found = list(rows.select_related("org", "by").order_by("kind_code", "name", "-version")[:200])
    context = {
        "rows": [(row, names.get(row.kind_code, row.kind_code)) for row in found],
        "kinds": kinds,
        "fields": actions.fields_help(),
    }
    return draw(request, "templates", context, tab="templates")


@login_required
@require_http_methods(["GET", "POST"])
def new(request: SignedIn) -> HttpResponse:
    """Hand in a template written in Word; under the same name it is the next version."""
    must_have_desk(request.user)
    units = queries.units_written_for(request.user)
    initial = {name: request.GET.get(name, "") for name in ("kind", "name")}
    form = TemplateForm(request.POST or None, request.FILES or None, units=units, kinds=kinds_in_use(), initial=initial)  # fmt: skip

    def act() -> str:
        given = form.cleaned_data
        file = given["file"]
        made = actions.save_template(
            org=given["org"], kind=given["kind"], name=given["name"], file_name=file.name,
            data=file.read(), by=request.user, at=now(),
        )  # fmt: skip
        return reverse("documents:template", args=[made.pk])

    return ask(
        request, form, act, done=_("模板已启用。"), tab="templates", heading=_("上传模板"),
        verb=_("上传"), back=reverse("documents:templates"), lede="", fields=actions.fields_help(),
    )  # fmt: skip


def _template(request: SignedIn, pk: int) -> DocumentTemplate:
    return get_object_or_404(
        DocumentTemplate.objects.visible_to(request.user).select_related("org", "by"), pk=pk
    )


@login_required
@require_safe
def show(request: SignedIn, pk: int) -> HttpResponse:
    """Show a template's words with its places, and its versions; `?file=1` hands out the file."""
    row = _template(request, pk)
    if request.GET.get("file"):
        with row.file.open("rb") as file:
            answer = HttpResponse(file.read(), content_type=TYPES["docx"])
        answer["Content-Disposition"] = content_disposition_header(True, f"{row.name}.docx")
        return answer
    versions = DocumentTemplate.objects.visible_to(request.user).filter(
        org=row.org, kind_code=row.kind_code, name=row.name
    )
    context = {
        "row": row,
        "body": blocks(row.body),
        "versions": versions.select_related("by").order_by("-version")[:20],
        "may_write": bool(row.org and queries.writes_for(request.user, row.org)),
    }
    return draw(request, "template", context, tab="templates")


@login_required
@require_POST
def retire(request: SignedIn, pk: int) -> HttpResponse:
    """Take a template out of use."""
    actions.retire_template(_template(request, pk), by=request.user, at=now())
    messages.success(request, _("模板已停用。"))
    return redirect("documents:templates")


@login_required
@require_safe
def sample(request: SignedIn, kind: str) -> HttpResponse:
    """Hand out the sample of a kind as a Word file, to be changed and handed in."""
    row = next((one for one in kinds_in_use() if one.code == kind), None)
    if row is None:
        raise Http404
    answer = HttpResponse(actions.sample_template(kind), content_type=TYPES["docx"])
    name = _("%s样例模板.docx") % row.name
    answer["Content-Disposition"] = content_disposition_header(True, name)
    return answer
