"""Policy sets at a desk and for everybody; the basis of a rule as a part of a page."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.documents.queries import writes_for
from tongxin.documents.scope import desks_of
from tongxin.kit.errors import NotFound, Refused
from tongxin.kit.tables_out import write_xlsx
from tongxin.regions.models import Region
from tongxin.ui.paging import page_of

from .. import actions, queries
from ..forms import AudienceForm, ConformityForm, LinkForm, PolicyForm, SetForm
from ..models import Conformity, PolicyDocument, PolicySet
from .common import FORM, PAGE, XLSX, ask, given_out, must_have_desk, segments, show

LEVELS = ("city", "district", "street", "community")
MOST_UNITS = 200  # that one page offers to tick; more are found by name, or asked all at once


@login_required
@require_safe
def policies(request: SignedIn) -> HttpResponse:
    """List the sets the reader may see."""
    rows = PolicySet.objects.visible_to(request.user).select_related("org").prefetch_related("documents")  # fmt: skip
    found, following = page_of(rows, request.GET.get("cursor", ""), PAGE)
    context = {
        "rows": [{"one": one, "shape": queries.shape_of(list(one.documents.all()))} for one in found],
        "next_cursor": following,
        "may_begin": bool(desks_of(request.user)),
    }  # fmt: skip
    return show(request, "policies", context, tab="policies")


@login_required
@require_http_methods(FORM)
def begin(request: SignedIn) -> HttpResponse:
    """Begin a set."""
    must_have_desk(request.user)
    initial = {"key": uuid4().hex, "is_public": True, "kind": "policy"}
    form = SetForm(request.POST or None, orgs=queries.own_units(request.user), initial=initial)

    def act() -> str:
        made = actions.begin_set(by=request.user, at=now(), **form.cleaned_data)
        return reverse("library:policy-set", args=[made.pk])

    return ask(
        request, form, act, done=_("已建好，请增加文件。"), tab="policies", heading=_("建立文件体系"),
        lede=_("先建立一套，再逐个增加主文件和配套文件。"), verb=_("保存"),
        back=reverse("library:policies"),
    )  # fmt: skip


def seen_set(request: HttpRequest, pk: int) -> PolicySet:
    rows = PolicySet.objects.visible_to(request.user).select_related("org__region")
    return get_object_or_404(rows.defer("org__region__polygon"), pk=pk)


def _led_set(request: SignedIn, pk: int) -> PolicySet:
    one = seen_set(request, pk)
    if not writes_for(request.user, one.org):
        raise NotFound(_("没有找到这套文件，或不由您管。"))
    return one


@login_required
@require_safe
def policy_set(request: SignedIn, pk: int) -> HttpResponse:
    """Show a set: its documents with clauses, tasks and rules; checks held against standards."""
    one, today = seen_set(request, pk), localdate()
    documents = queries.documents_of(one)
    leads = writes_for(request.user, one.org)
    checks = Conformity.objects.visible_to(request.user).filter(set=one).select_related("org")
    context = {
        "one": one, "shape": queries.shape_of(documents), "leads": leads,
        "rows": [{"doc": doc, "holds": doc.in_force(today)} for doc in documents],
        "checks": list(checks.order_by("-on", "-pk")[:30]) if one.kind == "standard" else [],
        "may_check": one.kind == "standard" and one.published_at and bool(desks_of(request.user)),
    }  # fmt: skip
    return show(request, "policy_set", context, tab="policies")


@login_required
@require_http_methods(FORM)
def add(request: SignedIn, pk: int) -> HttpResponse:
    """Add a document to a set."""
    one = _led_set(request, pk)
    form = PolicyForm(
        request.POST or None, request.FILES or None, is_standard=one.kind == "standard",
        old=one.documents.filter(replaced_by=None), documents=queries.issued_documents(request.user),
        initial={
            "issuer": one.org.name, "issued_on": localdate(), "effective_from": localdate(),
            "role": "supporting" if one.documents.filter(role="main").exists() else "main",
        },
    )  # fmt: skip

    def act() -> str:
        made = actions.add_document(one, by=request.user, at=now(), **form.cleaned_data)
        return reverse("library:policy", args=[made.pk])

    return ask(
        request, form, act, done=_("已增加，请逐条登记落实的任务和规则。"), tab="policies",
        heading=_("增加文件"), lede=one.name, verb=_("保存"),
        back=reverse("library:policy-set", args=[pk]),
    )  # fmt: skip


@login_required
@require_POST
def publish(request: SignedIn, pk: int) -> HttpResponse:
    """Publish a set."""
    one = _led_set(request, pk)
    try:
        actions.publish_set(one, by=request.user, at=now())
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("已发布。"))
    return redirect("library:policy-set", pk)


def seen(request: HttpRequest, pk: int) -> PolicyDocument:
    rows = PolicyDocument.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("set__org__region", "replaced_by", "document"), pk=pk)  # fmt: skip


def _led(request: SignedIn, pk: int) -> PolicyDocument:
    one = seen(request, pk)
    if not writes_for(request.user, one.set.org):
        raise NotFound(_("没有找到这份文件，或不由您管。"))
    return one


@login_required
@require_safe
def policy(request: SignedIn, pk: int) -> HttpResponse:
    """Show a document clause by clause, with what each causes and who has read it."""
    one = seen(request, pk)
    leads = writes_for(request.user, one.set.org)
    audience = list(one.audience.select_related("org", "read_by"))
    own = set(desks_of(request.user))
    context = {
        "one": one, "leads": leads, "holds": one.in_force(localdate()), "rows": queries.clauses_of(one),
        "replaces": list(one.replaces.all()),
        "audience": audience if leads else [row for row in audience if row.org_id in own],
        "n_read": sum(row.read_at is not None for row in audience),
        "n_asked": len(audience),
        "must_read": any(row.org_id in own and row.read_at is None for row in audience),
    }  # fmt: skip
    return show(request, "policy", context, tab="policies")


@login_required
@require_POST
def confirm(request: SignedIn, pk: int) -> HttpResponse:
    """Confirm that one's unit has read it."""
    one = seen(request, pk)
    try:
        actions.confirm_read(one, by=request.user, at=now())
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("已回执。"))
    return redirect("library:policy", pk)


@login_required
@require_http_methods(FORM)
def audience(request: SignedIn, pk: int) -> HttpResponse:
    """Ask units to read a document."""
    one = _led(request, pk)
    own = one.set.org.region.level
    levels = LEVELS[LEVELS.index(own) + 1 if own in LEVELS else 0 :]
    asked, word = request.GET.get("level", ""), request.GET.get("q", "").strip()[:30]
    level = asked if asked in levels else "" if asked or word else next(iter(levels), "")
    rows = queries.units_below(one.set.org, level=level, word=word)
    orgs = rows.exclude(pk__in=one.audience.values("org"))
    ids = list(orgs.values_list("pk", flat=True)[: MOST_UNITS + 1])
    n = len(ids) if len(ids) <= MOST_UNITS else orgs.count()
    form = AudienceForm(request.POST or None, orgs=orgs.filter(pk__in=ids[:MOST_UNITS]), n=n)
    back = reverse("library:policy", args=[pk])

    def act() -> str:
        data = form.cleaned_data
        chosen = list(orgs if data["whole"] else data["orgs"])
        actions.ask_to_read(one, orgs=chosen, by=request.user, at=now())
        return back

    labels = dict(Region.Level.choices)
    choices = [*((name, labels[name]) for name in levels), ("all", _("全部"))]
    return ask(
        request, form, act, done=_("已下发，各单位会收到通知。"), tab="policies", template="audience",
        heading=_("下发阅知"), lede=one.title, verb=_("下发"), back=back, n=n, more=max(n - MOST_UNITS, 0),
        word=word, level=level, levels=segments(request, "level", choices, level or "all"),
    )  # fmt: skip


@login_required
@require_safe
def receipts(request: SignedIn, pk: int) -> HttpResponse:
    """Give who has read a document as XLSX."""
    one = _led(request, pk)
    rows = [
        [row.org.name, row.read_by.name if row.read_by else "", row.read_at.isoformat()[:16] if row.read_at else ""]
        for row in one.audience.select_related("org", "read_by")
    ]  # fmt: skip
    answer = HttpResponse(content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="receipts-{pk}.xlsx"'
    write_xlsx(answer, [_("单位"), _("阅知人"), _("阅知时间")], rows, sheet=_("阅知回执"))
    return answer


@login_required
@require_http_methods(FORM)
def link(request: SignedIn, pk: int, clause: int) -> HttpResponse:
    """Say what a clause causes."""
    one = _led(request, pk)
    row = get_object_or_404(one.clauses.all(), pk=clause)
    names = ("what", "kind", "ref", "label", "url")
    form = LinkForm(request.POST or None, initial={n: request.GET.get(n, "")[:200] for n in names})
    back = f"{reverse('library:policy', args=[pk])}#clause-{clause}"

    def act() -> str:
        actions.link_clause(row, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("已登记。"), tab="policies", heading=_("登记落实"),
        lede=f"{row.name} {row.text[:80]}", verb=_("保存"), back=back,
    )  # fmt: skip


@login_required
@require_POST
def unlink(request: SignedIn, pk: int, link: int) -> HttpResponse:
    """Take a link away."""
    one = _led(request, pk)
    for clause in one.clauses.filter(links=link):
        actions.unlink_clause(clause.links.get(pk=link), by=request.user, at=now())
    return redirect("library:policy", pk)


@login_required
@require_http_methods(FORM)
def check(request: SignedIn, pk: int) -> HttpResponse:
    """Hold a place against the standards in force (S1.37)."""
    one, today = seen_set(request, pk), localdate()
    if one.kind != "standard":
        raise NotFound(_("这套文件不是建设规范。"))
    must_have_desk(request.user)
    documents = [doc for doc in queries.documents_of(one) if doc.in_force(today)]
    clauses = [row["clause"] for doc in documents for row in queries.clauses_of(doc)]
    form = ConformityForm(
        request.POST or None, orgs=queries.own_units(request.user), clauses=clauses,
        initial={"on": today, "place": request.GET.get("place", "")[:80]},
    )  # fmt: skip

    def act() -> str:
        data = form.cleaned_data
        actions.check_conformity(
            one, org=data["org"], place=data["place"], on=data["on"], verdicts=form.verdicts,
            notes=form.notes, by=request.user, at=now(),
        )  # fmt: skip
        return reverse("library:policy-set", args=[pk])

    return ask(
        request, form, act, done=_("检查结果已记下。"), tab="policies", template="conformity",
        heading=_("对照检查"), lede=one.name, verb=_("保存结果"), back=reverse("library:policy-set", args=[pk]),
    )  # fmt: skip


@login_required
@require_safe
def basis_of(request: SignedIn) -> HttpResponse:
    """Answer a part of a page: the clauses a rule or a task rests on."""
    kind, ref = request.GET.get("kind", "")[:30], request.GET.get("id", "")[:64]
    rows = queries.basis_of(request.user, kind, ref, localdate())
    return render(request, "library/parts/basis.html", {"rows": rows})


@require_safe
def policies_public(request: HttpRequest) -> HttpResponse:
    """List the sets that are open to everybody."""
    rows = PolicySet.objects.public().select_related("org").prefetch_related("documents")
    found, following = page_of(rows, request.GET.get("cursor", ""), PAGE)
    shown = [
        {"one": one, "shape": queries.shape_of(list(one.documents.all())),
         "documents": [doc for doc in one.documents.all() if doc.replaced_by_id is None]}
        for one in found
    ]  # fmt: skip
    return render(
        request, "library/policies_public.html", {"rows": shown, "next_cursor": following}
    )


@require_safe
def policy_read(request: HttpRequest, pk: int) -> HttpResponse:
    """Show everybody a document, with the one before and after it; the opening is counted."""
    rows = PolicyDocument.objects.public()
    one = get_object_or_404(rows.select_related("set__org", "replaced_by"), pk=pk)
    actions.count_read(subject="policy", object=pk, on=localdate())
    newer, older = queries.neighbours(rows.filter(replaced_by=None).only("pk", "title"), pk)
    context: dict[str, Any] = {
        "one": one, "clauses": list(one.clauses.all()), "holds": one.in_force(localdate()),
        "newer": newer, "older": older, "reads": queries.reads_of("policy", [pk]).get(pk, 0),
    }  # fmt: skip
    name = "policy_print" if request.GET.get("paper") else "policy_read"
    return render(request, f"library/{name}.html", context)


@require_safe
def policy_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the file of a document out to whoever may read it."""
    rows = PolicyDocument.objects.visible_to(request.user) | PolicyDocument.objects.public()
    one = get_object_or_404(rows.exclude(file=""), pk=pk)
    return given_out(one.file, one.file_name)
