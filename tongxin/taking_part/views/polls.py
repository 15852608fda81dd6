"""The desk of polls: set, roll, post, objections, proxies, paper, publish."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.orgs.scope import REGISTRARS, unit_reach
from tongxin.regions.queries import place_name
from tongxin.ui.asking import act_on
from tongxin.ui.paging import page_of

from .. import actions
from ..forms import (
    AnswerObjectionForm,
    EntryForm,
    PapersForm,
    PollForm,
    ProxyForm,
    WhyForm,
)
from ..models import Motion, PaperBatch, Poll, PollRule, RollEntry, RollObjection
from ..models.common import keeps
from ..queries import polls as asked
from .common import FORM, PAGE, ask, bound, communities_kept, own_paths, show

TONES = {"draft": "idle", "posted": "waiting", "open": "working", "closed": "verify", "published": "done", "void": "idle"}  # fmt: skip
LANES = {
    "open": (gettext_lazy("在办"), ("draft", "posted", "open", "closed")),
    "ended": (gettext_lazy("已结束"), ("published", "void")),
}
ROLL = 100


@login_required
@require_safe
def polls(request: SignedIn) -> HttpResponse:
    """List the polls of one's land."""
    own_paths(request)
    lane = request.GET.get("lane", "open")
    lane = lane if lane in LANES else "open"
    rows = Poll.objects.visible_to(request.user).filter(state__in=LANES[lane][1])
    page, following = page_of(rows.select_related("community"), request.GET.get("cursor", ""), PAGE)
    context = {
        "rows": [
            {"poll": one, "tone": TONES[one.state], "place": place_name(one.community.path)}
            for one in page
        ],
        "next_cursor": following,
        "may_set": communities_kept(request).exists(),
        "segments": [
            {"label": label, "url": f"?lane={name}", "active": name == lane, "count": None}
            for name, (label, _s) in LANES.items()
        ],
    }
    return show(request, "polls", context, tab="polls")


def rules_today() -> list[PollRule]:
    """Return the rules in force today, one of each code."""
    found = {}
    rows = PollRule.objects.public().filter(effective_from__lte=localdate())
    for rule in rows.order_by("effective_from", "pk"):
        found[rule.code] = rule
    return list(found.values())


def rule_choices() -> tuple[list[tuple[str, str]], list[str]]:
    """Return the rules of today as a form lists them, and the texts of laws some are not checked against.

    A rule that rests on an older text of the law says so where it is chosen.
    """
    today, found, newer = localdate(), [], set()
    for rule in rules_today():
        words = f"{rule.name} · {rule.get_electorate_display()}"
        if rule.is_dated(today):
            newer.add(rule.newer_text)
            words = _("%s · 待核对现行文本") % words
        found.append((rule.code, words))
    return found, sorted(newer)


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Set a poll; its roll comes next."""
    ready = Motion.objects.visible_to(request.user).filter(case__step="ready")
    units = Org.objects.public().filter(unit_reach(request.user, REGISTRARS), kind=Org.Kind.PARTY)
    initial = {"key": uuid4(), "is_secret": True}
    asked_for = _uuid(request.GET.get("motion", ""))
    motion = ready.filter(pk=asked_for).first() if asked_for else None
    if motion is not None:
        initial |= {"motion": motion.pk, "community": motion.community_id}
    rules, newer = rule_choices()
    form = PollForm(
        bound(request), communities=communities_kept(request), units=units, rules=rules, newer=newer,
        motions=ready.select_related("case"), initial=initial,
    )  # fmt: skip

    def act() -> str:
        given = form.cleaned_data | {"key": form.cleaned_data["key"] or None}
        made = actions.set_poll(by=request.user, at=now(), **given)
        return reverse("taking_part:poll-desk", args=[made.pk])

    return ask(
        request, form, act, done=_("已建好，下一步编制名册。"), tab="polls", heading=_("组织表决"),
        lede=_("先建表决，再编名册、公示，到时间自动开始和截止。"), verb=_("下一步"),
        back=reverse("taking_part:polls"),
    )  # fmt: skip


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _poll(request: SignedIn, pk: int, *, keeper: bool = False) -> Poll:
    rows = Poll.objects.visible_to(request.user)
    one = get_object_or_404(rows.select_related("community", "rule", "motion__case", "unit"), pk=pk)
    if keeper and not keeps(request.user, one.community.path):
        raise NotFound(_("没有找到这次表决，或不归您管。"))
    return one


@login_required
@require_safe
def poll(request: SignedIn, pk: int) -> HttpResponse:
    """Show a poll to those who look after it: never how votes stand before it closes."""
    one = _poll(request, pk)
    at = now()
    is_over = one.state in ("closed", "published")
    keeper = keeps(request.user, one.community.path)
    context = {
        "poll": one, "tone": TONES[one.state], "place": place_name(one.community.path), "at": at,
        "turnout": asked.turnout_of(one), "keeper": keeper,
        "objections": RollObjection.objects.visible_to(request.user).filter(poll=one).order_by("-id")[:50],
        "batches": one.batches.select_related("first_by").filter(counted_at=None) if keeper and one.state == "open" else [],
        "why": asked.why_of(one) if is_over else [], "figures": asked.figures_of(one) if is_over else [],
        "shown": asked.is_shown(one) if is_over else True,
        "is_dated": one.rule.is_dated(localdate(at)),
        "quorum": asked.fraction_words(one.rule.quorum_num, one.rule.quorum_den, one.rule.quorum_strict),
        "majority": asked.fraction_words(one.rule.majority_num, one.rule.majority_den, one.rule.majority_strict),
        "options": [asked.option_text(one, option["code"]) for option in one.options],
        "is_ready": one.state == "posted" and at >= one.opens_at,
    }  # fmt: skip
    return show(request, "poll_desk", context, tab="polls")


@login_required
@require_http_methods(FORM)
def roll(request: SignedIn, pk: int) -> HttpResponse:
    """Show a roll, masked, and add to it while it may change."""
    one = _poll(request, pk, keeper=True)
    changeable = one.state in ("draft", "posted")
    form = EntryForm(bound(request), by_area=one.rule.by_area)
    status = 200
    if request.method == "POST":

        def act() -> str:
            actions.add_to_roll(one, [form.cleaned_data], by=request.user, at=now())
            return reverse("taking_part:roll", args=[pk])

        went, _remedy, status = act_on(request, form, act, done=_("已写入名册。"))
        if went:
            return went
    rows = RollEntry.objects.visible_to(request.user).filter(poll=one).select_related("proxy")
    if text := request.GET.get("q", "").strip()[:40]:
        rows = rows.filter(Q(place__contains=text))
    page, following = page_of(rows, request.GET.get("cursor", ""), ROLL, oldest=True)
    context = {
        "poll": one, "rows": page, "next_cursor": following, "form": form, "changeable": changeable,
        "search": {"name": "q", "value": text, "placeholder": _("楼门户")},
    }  # fmt: skip
    return show(request, "roll", context, tab="polls", status=status)


@login_required
@require_http_methods(FORM)
def strike(request: SignedIn, pk: int) -> HttpResponse:
    """Take somebody off a roll."""
    rows = RollEntry.objects.visible_to(request.user).select_related("poll")
    one, form = get_object_or_404(rows, pk=pk), WhyForm(bound(request))
    back = reverse("taking_part:roll", args=[one.poll_id])

    def act() -> str:
        actions.strike_entry(one, reason=form.cleaned_data["reason"], by=request.user, at=now())
        return back

    return ask(
        request, form, act, done=_("已从名册删除。"), tab="polls", heading=_("从名册删除"),
        lede=str(one), verb=_("删除"), back=back,
    )  # fmt: skip


@login_required
@require_POST
def verb(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """Do what needs no words: fill the roll from the register, post it, open it, publish the result."""
    one = _poll(request, pk)
    given = {"by": request.user, "at": now()}
    acts: dict[str, tuple[Callable, str]] = {
        "members": (actions.add_members, _("已从党员名册生成。")),
        "post": (actions.post_roll, _("名册已公示。")),
        "open": (actions.open_poll, _("表决已开始。")),
        "publish": (actions.publish_poll, _("结果已公布，表决人已收到通知。")),
    }
    if name not in acts:
        raise NotFound(_("没有这个操作。"))
    act, done = acts[name]
    act(one, **given)
    messages.success(request, done)
    return redirect("taking_part:poll-desk", pk)


@login_required
@require_http_methods(FORM)
def void(request: SignedIn, pk: int) -> HttpResponse:
    """Declare a poll void."""
    one, form = _poll(request, pk), WhyForm(bound(request))
    back = reverse("taking_part:poll-desk", args=[pk])

    def act() -> str:
        actions.void_poll(one, reason=form.cleaned_data["reason"], by=request.user, at=now())
        return back

    return ask(
        request, form, act, done=_("已作废。"), tab="polls", heading=_("作废表决"), lede=one.title,
        verb=_("作废"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def answer(request: SignedIn, pk: int) -> HttpResponse:
    """Answer an objection to a roll."""
    rows = RollObjection.objects.visible_to(request.user).select_related("poll")
    one, form = get_object_or_404(rows, pk=pk), AnswerObjectionForm(bound(request))
    back = reverse("taking_part:poll-desk", args=[one.poll_id])

    def act() -> str:
        actions.answer_objection(one, answer=form.cleaned_data["answer"], by=request.user, at=now())
        return back

    return ask(
        request, form, act, done=_("已答复。"), tab="polls", heading=_("答复名册异议"), lede=one.text,
        verb=_("答复"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def proxy(request: SignedIn, pk: int) -> HttpResponse:
    """Register a written authorisation."""
    one, form = _poll(request, pk, keeper=True), ProxyForm(bound(request))
    back = reverse("taking_part:poll-desk", args=[pk])

    def named(field: str) -> RollEntry:
        place = form.cleaned_data[field]
        rows = RollEntry.objects.visible_to(request.user).filter(poll=one, place=place)
        found = list(rows.filter(struck_reason="")[:2])
        if len(found) != 1:
            raise NotFound(_("名册上没有“%s”，或不止一位。") % place, field=field)
        return found[0]

    def act() -> str:
        actions.authorise(
            named("entry"), to=named("to"), note=form.cleaned_data["note"], by=request.user,
            at=now(),
        )  # fmt: skip
        return back

    return ask(
        request, form, act, done=_("已登记委托。"), tab="polls", heading=_("登记委托投票"),
        lede=one.title, verb=_("登记"), back=back,
    )  # fmt: skip


def _paper_options(one: Poll) -> list[tuple[str, str]]:
    found = [(option["code"], asked.option_text(one, option["code"])) for option in one.options]
    return [*found, ("spoilt", _("废票"))]


@login_required
@require_http_methods(FORM)
def papers(request: SignedIn, pk: int) -> HttpResponse:
    """Enter paper ballots: tick who handed one in, write how many say what."""
    one = _poll(request, pk, keeper=True)
    rows = RollEntry.objects.visible_to(request.user).filter(
        poll=one, struck_reason="", has_voted=False
    )
    form = PapersForm(bound(request), options=_paper_options(one))
    ids = [int(pk) for pk in request.POST.getlist("entry") if pk.isascii() and pk.isdigit()]
    remedy, status = "", 200
    if request.method == "POST":

        def act() -> str:
            actions.count_papers(one, entries=ids, counts=form.counts(), by=request.user, at=now())
            return reverse("taking_part:poll-desk", args=[pk])

        went, remedy, status = act_on(request, form, act, done=_("已录入，请另一位工作人员复核。"))
        if went:
            return went
    context = {
        "poll": one, "form": form, "rows": rows.order_by("place", "pk")[:3000], "ids": ids,
        "remedy": remedy,
    }  # fmt: skip
    return show(request, "papers", context, tab="polls", status=status)


@login_required
@require_http_methods(FORM)
def confirm(request: SignedIn, pk: int) -> HttpResponse:
    """Count a batch a second time."""
    batch = _batch(request, pk)
    form = PapersForm(bound(request), options=_paper_options(batch.poll))
    back = reverse("taking_part:poll-desk", args=[batch.poll_id])

    def act() -> str:
        actions.confirm_papers(batch, counts=form.counts(), by=request.user, at=now())
        return back

    lede = _("%(n)d 张，%(who)s 已录入。请不看他的数字，自己重数一遍。") % {
        "n": len(batch.entries), "who": batch.first_by.name,
    }  # fmt: skip
    return ask(
        request, form, act, done=_("两次清点一致，已计入。"), tab="polls", heading=_("复核纸质票"),
        lede=lede, verb=_("复核"), back=back,
    )  # fmt: skip


def _batch(request: SignedIn, pk: int) -> PaperBatch:
    rows = PaperBatch.objects.visible_to(request.user).select_related("poll__rule", "first_by")
    return get_object_or_404(rows, pk=pk, counted_at=None)


@login_required
@require_POST
def drop(request: SignedIn, pk: int) -> HttpResponse:
    """Take back a count that was not confirmed."""
    batch = _batch(request, pk)
    actions.drop_papers(batch, by=request.user, at=now())
    messages.success(request, _("已撤回，可以重新录入。"))
    return redirect("taking_part:poll-desk", batch.poll_id)
