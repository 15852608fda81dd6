"""Checklists written without code: list, editor of a draft, preview as the worker sees it, versions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, Refused
from tongxin.orgs.scope import roles_over

from .. import actions, queries
from ..forms import ChecklistForm, FinishForm, ItemForm, OwnForm, PublishForm, PublishStageForm
from ..models import Checklist, Item, VisitKind
from ..models.checklists import WRITERS
from .common import FORM, ask, land_choices, must_oversee, paths_of, region_named, show

ITEM = (
    "code", "text", "help", "type", "required", "needs_photo", "bad_when", "finding_kind",
    "asked_if_item", "asked_if_value", "max_score", "dimension", "number",
)  # fmt: skip


@login_required
@require_safe
def listing(request: SignedIn) -> HttpResponse:
    """List the checklists one may use: the version that holds, drafts beside it."""
    must_oversee(request.user)
    rows = Checklist.objects.visible_to(request.user).select_related("region")
    rows = rows.annotate(n=Count("items")).order_by("is_sample", "name", "-version")
    today = localdate()
    kept = [
        row for row in rows if row.is_draft or row.effective_to is None or row.effective_to > today
    ]
    context = {"rows": kept, "today": today, "may_write": bool(paths_of(request.user, WRITERS))}
    return show(request, "checklists", context, tab="checklists")


def seen_checklist(request: HttpRequest, pk: int) -> Checklist:
    rows = Checklist.objects.visible_to(request.user).select_related("region", "made_by")
    return get_object_or_404(rows, pk=pk)


def may_write(request: SignedIn, row: Checklist) -> bool:
    return row.region is not None and not roles_over(request.user, row.area).isdisjoint(WRITERS)


def written(request: SignedIn, pk: int) -> Checklist:
    row = seen_checklist(request, pk)
    if not may_write(request, row):
        raise NotFound(_("没有找到这份清单，或不归您维护。"))
    return row


@login_required
@require_safe
def checklist(request: SignedIn, pk: int) -> HttpResponse:
    """Show a version with its items, its other versions, and what may be done with it."""
    row = seen_checklist(request, pk)
    versions = Checklist.objects.visible_to(request.user).filter(code=row.code).order_by("-version")
    kinds = queries.finding_kinds()
    rows = list(row.items.order_by("number", "pk"))
    items = [
        {"item": item, "rule": queries.rule_in_words(item), "kind": kinds.get(item.finding_kind, "")}
        for item in rows
    ]  # fmt: skip
    writes = may_write(request, row)
    context = {
        "checklist": row,
        "items": items,
        "most": sum(one.max_score for one in rows),
        "versions": versions,
        "stage_before": queries.stage_name(row.after_code),
        "writes": writes,
        "edits": writes and row.is_draft,
        "may_own": bool(paths_of(request.user, WRITERS)),
    }
    return show(request, "checklist", context, tab="checklists")


@login_required
@require_safe
def preview(request: SignedIn, pk: int) -> HttpResponse:
    """Show a checklist as the worker fills it in; nothing can be sent from here."""
    row = seen_checklist(request, pk)
    items = list(row.items.order_by("number", "pk"))
    form = FinishForm(checklist=row, items=items, asks_mood=row.kind in queries.ASKS_MOOD)
    context = {"checklist": row, "form": form, "rows": form.rows(), "is_preview": True}
    return render(request, "fieldwork/preview.html", context)


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Begin a checklist of one's own."""
    if not paths_of(request.user, WRITERS):
        raise NotFound(_("您的岗位不能编写清单。"))
    form = ChecklistForm(request.POST or None, regions=land_choices(request.user))

    def act() -> str:
        said = dict(form.cleaned_data)
        made = actions.make_checklist(
            region=region_named(said.pop("region")), by=request.user, at=now(), **said
        )
        return reverse("fieldwork:checklist", args=[made.pk])

    return ask(
        request, form, act, done=_("草稿已建立，请添加检查项。"), tab="checklists",
        heading=_("新建检查清单"), verb=_("建立草稿"), back=reverse("fieldwork:checklists"),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def own(request: SignedIn, pk: int) -> HttpResponse:
    """Take a sample over to one's own land as a draft."""
    row = seen_checklist(request, pk)
    form = OwnForm(request.POST or None, regions=land_choices(request.user))

    def act() -> str:
        made = actions.copy_checklist(
            checklist=row, region=region_named(form.cleaned_data["region"]),
            code=form.cleaned_data["code"], by=request.user, at=now(),
        )  # fmt: skip
        return reverse("fieldwork:checklist", args=[made.pk])

    return ask(
        request, form, act, done=_("已复制为本区域的草稿。"), tab="checklists",
        heading=_("复制为本区域的清单"), lede=row.name, verb=_("复制"),
        back=reverse("fieldwork:checklist", args=[pk]),
    )  # fmt: skip


@login_required
@require_POST
def copy(request: SignedIn, pk: int) -> HttpResponse:
    """Copy a version in use into the next draft."""
    made = actions.copy_checklist(checklist=written(request, pk), by=request.user, at=now())
    messages.success(request, _("第 %d 版草稿可以修改了。") % made.version)
    return redirect("fieldwork:checklist", made.pk)


@login_required
@require_http_methods(FORM)
def item(request: SignedIn, pk: int, code: str = "") -> HttpResponse:
    """Add an item to a draft, or change one."""
    row = written(request, pk)
    items = list(row.items.order_by("number", "pk"))
    old = next((one for one in items if one.code == code), None)
    if code and old is None:
        raise NotFound(_("清单里没有这一项。"))
    form = ItemForm(
        request.POST or None, items=[one for one in items if one.code != code],
        kinds=queries.finding_kinds(), initial=_initial(old, len(items)),
    )  # fmt: skip

    def act() -> str:
        said = dict(form.cleaned_data)
        said["options"] = form.listed
        code_said = code or said["code"]
        if not code and any(one.code == code_said for one in items):
            raise actions.CodeTaken(_("清单里已有代码为“%s”的项。") % code_said, field="code")
        said.pop("code")
        actions.save_item(checklist=row, code=code_said, by=request.user, at=now(), **said)
        return reverse("fieldwork:checklist", args=[pk])

    return ask(
        request, form, act, done=_("检查项已保存。"), tab="checklists",
        heading=_("修改检查项") if old else _("添加检查项"), lede=str(row), verb=_("保存"),
        back=reverse("fieldwork:checklist", args=[pk]),
    )  # fmt: skip


def _initial(old: Item | None, there: int) -> dict[str, Any]:
    if old is None:
        return {"number": there + 1, "required": True, "code": f"item-{there + 1}"}
    found = {name: getattr(old, name) for name in ITEM}
    parts = []
    for one in old.options:
        score = one.get("score")
        parts.append(one["value"] if score is None else f"{one['value']}|{score:g}")
    return found | {"options": "、".join(parts)}


@login_required
@require_POST
def remove(request: SignedIn, pk: int, code: str) -> HttpResponse:
    """Take an item out of a draft."""
    try:
        actions.remove_item(checklist=written(request, pk), code=code, by=request.user, at=now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("已移除。"))
    return redirect("fieldwork:checklist", pk)


@login_required
@require_http_methods(FORM)
def publish(request: SignedIn, pk: int) -> HttpResponse:
    """Let a draft hold from a day on."""
    row = written(request, pk)
    form = _publish_form(request, row)

    def act() -> str:
        actions.publish_checklist(checklist=row, by=request.user, at=now(), **form.cleaned_data)
        return reverse("fieldwork:checklist", args=[pk])

    return ask(
        request, form, act, done=_("清单已发布。"), tab="checklists", heading=_("发布清单"),
        lede=_("%s：发布后不能再改，只能复制成新版本。") % row, verb=_("发布"),
        back=reverse("fieldwork:checklist", args=[pk]),
    )  # fmt: skip


def _publish_form(request: SignedIn, row: Checklist) -> PublishForm:
    initial = {"effective_from": localdate()}
    if row.kind != VisitKind.ACCEPTANCE:
        return PublishForm(request.POST or None, initial=initial)
    stages = Checklist.objects.visible_to(request.user).on(localdate()).exclude(code=row.code)
    stages = stages.filter(kind=VisitKind.ACCEPTANCE).order_by("name")
    own = {"after_code": row.after_code, "pass_percent": row.pass_percent}
    return PublishStageForm(
        request.POST or None, initial=initial | own,
        stages=list(stages.values_list("code", "name")),
    )  # fmt: skip


@login_required
@require_POST
def discard(request: SignedIn, pk: int) -> HttpResponse:
    """Throw a draft away."""
    try:
        actions.discard_draft(checklist=written(request, pk), by=request.user, at=now())
    except Refused as refusal:
        messages.error(request, refusal.message)
        return redirect("fieldwork:checklist", pk)
    messages.success(request, _("草稿已删除。"))
    return redirect("fieldwork:checklists")
