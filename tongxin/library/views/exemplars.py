"""The library at a desk: the list, writing, one exemplar with its way, its verbs."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.cases.queries import moves_open_to
from tongxin.kit.errors import NotFound
from tongxin.kit.tables_out import write_xlsx
from tongxin.language.private import KINDS
from tongxin.ui.paging import page_of

from .. import actions, queries
from ..forms import CommentForm, ExemplarForm, NewExemplarForm, NoteForm, PublishForm
from ..forms.exemplars import PREFIX
from ..models import Exemplar
from .common import FORM, PAGE, XLSX, ask, given_out, must_have_desk, number_of, segments, show

TONES = {"draft": "working", "submitted": "waiting", "reviewed": "verify", "signed": "working",
         "published": "done", "withdrawn": "idle"}  # fmt: skip
TELLS = ("source_kind", "source_id", "source_label", "source_url")


def kinds_in_use() -> list[Any]:
    """Return the kinds; a new installation gets those of the software."""
    found = queries.kinds()
    if not found:
        actions.load_kinds()
        found = queries.kinds()
    return found


@login_required
@require_safe
def home(request: SignedIn) -> HttpResponse:
    """List the exemplars the reader sees, what waits for them first."""
    ask_for = {name: request.GET.get(name, "")[:40] for name in ("q", "kind", "tag", "state")}
    rows = queries.search(
        Exemplar.objects.visible_to(request.user), text=ask_for["q"], kind=ask_for["kind"],
        tag=ask_for["tag"], year=number_of(request, "year"),
        state=ask_for["state"] if ask_for["state"] in Exemplar.State.values else "",
    )  # fmt: skip
    found, following = page_of(rows.order_by("-pk"), request.GET.get("cursor", ""), PAGE)
    reads = queries.reads_of("exemplar", [one.pk for one in found])
    own = queries.own_units(request.user).exists()
    context = {
        "rows": [{"one": one, "tone": TONES[one.state], "reads": reads.get(one.pk, 0)} for one in found],
        "waiting": [{"one": one, "tone": TONES[one.state]} for one in queries.waiting_for(request.user)[:8]],
        "counts": queries.counts(request.user),
        "next_cursor": following,
        "asked": ask_for,
        "kinds": kinds_in_use(),
        "states": segments(
            request, "state",
            [("", _("全部")), *((s.value, s.label) for s in Exemplar.State)], ask_for["state"],
        ),
        "may_write": own,
    }  # fmt: skip
    return show(request, "home", context, tab="home")


@login_required
@require_safe
def sheet(request: SignedIn) -> HttpResponse:
    """Give the exemplars the reader sees as XLSX."""
    rows = Exemplar.objects.visible_to(request.user).select_related("kind", "org", "desk")
    found = list(rows.order_by("pk")[:5000])
    reads = queries.reads_of("exemplar", [one.pk for one in found])
    header = [_("类型"), _("标题"), _("报送单位"), _("受理单位"), _("作者"), _("标签"), _("年度"), _("状态"),
              _("发布时间"), _("浏览次数")]  # fmt: skip
    table = [
        [one.kind.name, one.title, one.org.name, one.desk.name, one.authors, "、".join(one.tags),
         one.year, one.get_state_display(),
         localdate(one.published_at).isoformat() if one.published_at else "", reads.get(one.pk, 0)]
        for one in found
    ]  # fmt: skip
    answer = HttpResponse(content_type=XLSX)
    answer["Content-Disposition"] = 'attachment; filename="exemplars.xlsx"'
    write_xlsx(answer, header, table, sheet=_("案例库"))
    return answer


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Begin an exemplar: first its kind, then its text."""
    must_have_desk(request.user)
    kinds = kinds_in_use()
    kind = next((one for one in kinds if one.code == request.GET.get("kind")), kinds[0])
    orgs = queries.own_units(request.user)
    desks: Any = None
    for org in orgs.select_related("region"):
        found = queries.desks_for(org, localdate())
        desks = found if desks is None else desks | found
    if desks is None:
        raise NotFound(_("您的单位已撤销。"))
    source = {name: request.GET.get(name, "")[:200] for name in TELLS}
    form = NewExemplarForm(
        request.POST or None, request.FILES or None, kind=kind, orgs=orgs, desks=desks,
        initial={"key": uuid4().hex, "authors": request.user.name, "title": source["source_label"]},
    )  # fmt: skip

    def act() -> str:
        data, at = form.cleaned_data, now()
        made = actions.write_exemplar(
            kind=kind, org=data["org"], desk=data["desk"], by=request.user, at=at, key=data["key"],
            source=tuple(source.values()), **form.given,
        )  # fmt: skip
        _keep(made, form, request)
        return reverse("library:exemplar", args=[made.pk])

    keep = urlencode({name: word for name, word in source.items() if word})
    context = {
        "kinds": [
            {"label": one.name, "url": f"?kind={one.code}&{keep}".rstrip("&"), "active": one is kind, "count": None}
            for one in kinds
        ],
        "source": source,
        "head_fields": [form["org"], form["desk"]],
    }  # fmt: skip
    return ask(
        request, form, act, done=_("草稿已保存，写好后送审。"), tab="home", template="write",
        heading=_("写案例"), lede=_("先存草稿，写齐各部分后送审。"), verb=_("保存草稿"),
        back=reverse("library:home"), **context,
    )  # fmt: skip


def _keep(exemplar: Exemplar, form: ExemplarForm, request: SignedIn) -> None:
    for data in form.cleaned_data["photos"]:
        actions.add_photo(exemplar, data=data, by=request.user, at=now())
    if form.cleaned_data["file"]:
        actions.add_file(exemplar, form.cleaned_data["file"], by=request.user, at=now())


def seen(request: SignedIn, pk: int) -> Exemplar:
    rows = Exemplar.objects.visible_to(request.user)
    related = ("kind", "org__region", "desk", "case__region", "by", "reviewed_by", "signed_by")
    return get_object_or_404(
        rows.select_related(*related).defer("org__region__polygon", "case__region__polygon"), pk=pk
    )


@login_required
@require_safe
def exemplar(request: SignedIn, pk: int) -> HttpResponse:
    """Show one with its way; who only reads gets the page that everybody reads."""
    one = seen(request, pk)
    parts = queries.parts_in(request.user, one)
    works_on = bool(parts) or queries.may_write(request.user, one)
    open_moves = moves_open_to(request.user, one.case, parts=parts) if parts else []
    verbs = [
        {"name": move.name, "label": move.label, "url": reverse("library:verb", args=[pk, move.name])}
        for move in open_moves
    ]  # fmt: skip
    comments: dict[str, list[Any]] = {}
    said = list(one.opinions.select_related("by"))
    for row in said:
        if row.step == "comment" and row.version == one.version:
            comments.setdefault(row.section, []).append(row)
    context = {
        "one": one,
        "tone": TONES[one.state],
        "sections": [
            {"title": s["title"], "text": one.texts.get(s["code"], ""), "comments": comments.get(s["code"], [])}
            for s in one.kind.sections
        ],
        "photos": list(one.photos.all()),
        "files": list(one.files.all()),
        "events": [_event(row) for row in reversed(said)] if works_on else [],
        "versions": list(one.versions.all()) if works_on else [],
        "verbs": verbs,
        "may_change": one.state == "draft" and works_on and queries.may_write(request.user, one),
        "private": [KINDS[kind] for kind in actions.private_kinds(one)] if works_on and one.state != "published" else [],
        "reads": queries.reads_of("exemplar", [pk]).get(pk, 0),
        "now": now(),
        "works_on": works_on,
    }  # fmt: skip
    return show(request, "exemplar", context, tab="home")


ICONS = {"submit": "send", "comment": "message", "review": "check", "send_back": "arrow-back-up",
         "sign": "signature", "publish": "world", "withdraw": "archive", "reopen": "refresh"}  # fmt: skip


def _event(row: Any) -> dict[str, Any]:
    return {
        "who": row.by.name, "what": row.get_step_display(), "at": row.at, "note": row.text,
        "icon": ICONS[row.step], "tone": "late" if row.step == "send_back" else "",
    }  # fmt: skip


@login_required
@require_http_methods(FORM)
def change(request: SignedIn, pk: int) -> HttpResponse:
    """Go on writing a draft."""
    one = seen(request, pk)
    if not queries.may_write(request.user, one):
        raise NotFound(_("没有找到这个案例，或不由您写。"))
    initial = {
        "title": one.title,
        "summary": one.summary,
        "authors": one.authors,
        "tags": "、".join(one.tags),
    }
    initial |= {PREFIX + code: text for code, text in one.texts.items()}
    form = ExemplarForm(request.POST or None, request.FILES or None, kind=one.kind, initial=initial)
    back = reverse("library:exemplar", args=[pk])

    def act() -> str:
        actions.change_exemplar(one, by=request.user, at=now(), **form.given)
        _keep(one, form, request)
        return back

    return ask(
        request, form, act, done=_("已保存。"), tab="home", template="write", heading=_("修改案例"),
        lede=one.title, verb=_("保存"), back=back, head_fields=[], kinds=[], source={},
    )  # fmt: skip


VERBS: dict[str, tuple[Any, Any, Any, Any]] = {
    # name: heading, verb, what is said after, the note: None none, False may, True must
    "submit": (gettext_lazy("送审"), gettext_lazy("送审"), gettext_lazy("已送审，审核人已收到通知。"), False),
    "comment": (gettext_lazy("提意见"), gettext_lazy("提交意见"), gettext_lazy("意见已记下。"), True),
    "review": (gettext_lazy("审核通过"), gettext_lazy("审核通过"), gettext_lazy("已通过，等待签发。"), False),
    "send_back": (gettext_lazy("退回修改"), gettext_lazy("退回"), gettext_lazy("已退回，作者已收到通知。"), True),
    "sign": (gettext_lazy("签发"), gettext_lazy("签发"), gettext_lazy("已签发，可以发布。"), False),
    "publish": (gettext_lazy("发布"), gettext_lazy("发布"), gettext_lazy("已发布到案例库。"), None),
    "withdraw": (gettext_lazy("撤下"), gettext_lazy("撤下"), gettext_lazy("已撤下。"), True),
    "reopen": (gettext_lazy("重新修改"), gettext_lazy("重新修改"), gettext_lazy("可以修改了，改好后重新送审。"), None),
}  # fmt: skip


@login_required
@require_http_methods(FORM)
def verb(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """Hand in, comment, pass, send back, sign, publish, withdraw: one form each."""
    one = seen(request, pk)
    if name not in VERBS:
        raise NotFound(_("没有这个操作。"))
    heading, label, done, note = VERBS[name]
    form: Any
    lede = one.title
    if name == "comment":
        form = CommentForm(request.POST or None, kind=one.kind)
    elif name == "publish":
        form = PublishForm(request.POST if request.method == "POST" else None)
        found = "、".join(KINDS[kind] for kind in actions.private_kinds(one))
        lede = _("%(title)s。系统在文中找到%(kinds)s，请核对。") % {"title": one.title, "kinds": found} if found else _("%s。文中没有找到电话、身份证号、姓名等个人信息。") % one.title  # fmt: skip
    else:
        form = NoteForm(
            request.POST if request.method == "POST" else None, required=bool(note),
            label=_("理由") if name == "withdraw" else _("意见"),
        )  # fmt: skip
        if note is None:
            del form.fields["note"]
    run: Any = {
        "submit": actions.submit_exemplar, "comment": actions.comment_exemplar,
        "review": actions.review_exemplar, "send_back": actions.send_back,
        "sign": actions.sign_exemplar, "publish": actions.publish_exemplar,
        "withdraw": actions.withdraw_exemplar, "reopen": actions.reopen_exemplar,
    }[name]  # fmt: skip
    back = reverse("library:exemplar", args=[pk])

    def act() -> str:
        run(one, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=str(done), tab="home", heading=heading, lede=lede, verb=label,
        back=back,
    )  # fmt: skip


@login_required
@require_safe
def version(request: SignedIn, pk: int, number: int) -> HttpResponse:
    """Show an exemplar as it was handed in that time; for those who work on it."""
    one = seen(request, pk)
    if not queries.parts_in(request.user, one) and not queries.may_write(request.user, one):
        raise NotFound(_("没有找到这个版本。"))
    kept = get_object_or_404(one.versions, number=number)
    heads = {s["code"]: s["title"] for s in one.kind.sections}
    parts = [(heads.get(code, code), text) for code, text in kept.texts.items()]
    return show(request, "version", {"one": one, "kept": kept, "parts": parts}, tab="home")


@require_safe
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a file out to whoever may read its exemplar."""
    rows = Exemplar.objects.visible_to(request.user)
    row = get_object_or_404(rows, files=pk).files.get(pk=pk)
    return given_out(row.file, row.name)


@login_required
@require_safe
def of(request: SignedIn) -> HttpResponse:
    """Answer a part of a page: what the library tells of a thing, and a way to tell of it (S0.11)."""
    given = {name: request.GET.get(name, "")[:200] for name in ("kind", "id", "label", "url")}
    rows = queries.told_of(request.user, given["kind"], given["id"])
    source = urlencode({f"source_{name}": word for name, word in given.items() if word})
    may = queries.own_units(request.user).exists()
    context = {"rows": rows, "new_url": f"{reverse('library:new')}?{source}" if may else ""}
    return render(request, "library/parts/of.html", context)
