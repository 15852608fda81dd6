"""议一议, for residents on a phone: what is talked over near me; support, speak, vote, look."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.cases.queries import dot_line
from tongxin.kit.errors import Refused
from tongxin.regions.models import Region
from tongxin.regions.queries import place_name, world

from .. import actions
from ..forms import MotionForm, ObjectionForm, SpeakForm
from ..models import Motion, Poll, RollObjection, Statement
from ..queries import polls as asked
from ..queries.near import near
from .common import FORM, ask, bound, community_of, draw, place_filters, units_of

TALK = 30
STEP_TONES = {
    "raised": "waiting", "supported": "waiting", "discussing": "working", "ready": "waiting",
    "voting": "working", "passed": "working", "carried": "verify", "closed": "done",
    "rejected": "done", "refused": "idle", "lapsed": "idle", "withdrawn": "idle",
}  # fmt: skip


def badge(motion: Motion) -> dict[str, Any]:
    step = motion.case.flow.step_of[motion.case.step]
    return {"tone": STEP_TONES[step.name], "text": step.label}


@login_required
@require_safe
def public(request: SignedIn) -> HttpResponse:
    """Show what a community talks over and decides; where nobody has chosen one, the list."""
    land = community_of(request)
    filters = place_filters(request, land)
    context: dict[str, Any] = {"land": land, "filters": filters, "at": now()}
    if land is not None and not (request.GET.get("street") and len(filters) > 1 and not filters[1]["value"]):  # fmt: skip
        found = near(request.user, land.id, land.path)
        context |= {
            "near": found, "mine_first": sorted(found.polls, key=lambda one: one.pk not in found.waiting),
            "place": place_name(land.path),
        }  # fmt: skip
    return draw(request, "public", context)


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Bring a matter up for decision."""
    land = community_of(request)
    if land is None:
        return redirect("taking_part:public")
    form = MotionForm(bound(request), orgs=units_of(request), initial={"key": uuid4()})

    def act() -> str:
        given = form.cleaned_data
        community = Region.objects.public().get(pk=land.id)
        made = actions.raise_motion(
            community=community, raiser=given["raiser"], title=given["title"], text=given["text"],
            org=given.get("org"), hides_name=given["hides_name"], by=request.user, at=now(),
            key=given["key"] or None,
        )  # fmt: skip
        return reverse("taking_part:motion", args=[made.pk])

    return ask(
        request, form, act, done=_("已提出，附议够了就提交社区受理。"),
        heading=_("提议题"), lede=place_name(land.path), verb=_("提出议题"),
        back=reverse("taking_part:public"),
    )  # fmt: skip


def _motion(request: HttpRequest, pk: UUID) -> Motion:
    rows = Motion.objects.public()
    if request.user.is_authenticated:
        rows = rows | Motion.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("case", "community", "meeting").distinct(), pk=pk)


@require_safe
def motion(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a motion to everybody: its text, who supports it, what is said, how it was decided."""
    return _show_motion(request, _motion(request, pk), SpeakForm(initial={"key": uuid4()}))


def _show_motion(
    request: HttpRequest, one: Motion, form: SpeakForm, *, status: int = 200
) -> HttpResponse:
    today, user = localdate(), request.user
    is_mine = user.is_authenticated and one.raised_by_id == user.pk
    supported = user.is_authenticated and one.backing.filter(user=user.pk).exists()
    said = list(Statement.objects.public().filter(motion=one).order_by("-id")[: TALK + 1])
    polls = list(Poll.objects.public().filter(motion=one).select_related("rule").order_by("-id"))
    may_speak = one.case.step == "discussing" and (one.discuss_until is None or today <= one.discuss_until)  # fmt: skip
    context = {
        "motion": one, "case": one.case, "badge": badge(one), "line": dot_line(one.case, at=now()),
        "place": place_name(one.community.path), "is_mine": is_mine, "supported": supported,
        "may_support": one.case.step == "raised" and today <= one.support_until and not supported,
        "may_speak": may_speak, "form": form, "statements": said[:TALK], "more": len(said) > TALK,
        "polls": polls, "may_withdraw": is_mine and one.case.step in ("raised", "supported", "discussing"),
    }  # fmt: skip
    return draw(request, "motion", context, status=status)


@login_required
@require_POST
def support(request: SignedIn, pk: UUID) -> HttpResponse:
    """Support a motion."""
    actions.support_motion(_motion(request, pk), by=request.user, at=now())
    messages.success(request, _("已附议。"))
    return redirect("taking_part:motion", pk)


@login_required
@require_POST
def speak(request: SignedIn, pk: UUID) -> HttpResponse:
    """Say something to a motion."""
    one, form = _motion(request, pk), SpeakForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            actions.speak(one, by=request.user, at=now(), **form.cleaned_data)
        except Refused as refusal:
            form.take(refusal)
            status = refusal.status
        else:
            messages.success(request, _("已发言，所有人都能看到。"))
            return redirect("taking_part:motion", pk)
    return _show_motion(request, one, form, status=status)


@login_required
@require_POST
def withdraw(request: SignedIn, pk: UUID) -> HttpResponse:
    """Take one's own motion back."""
    actions.move_motion(_motion(request, pk), "withdraw", by=request.user, at=now())
    messages.success(request, _("已撤回。"))
    return redirect("taking_part:public")


# Polls.


def _poll(request: HttpRequest, pk: int) -> Poll:
    rows = Poll.objects.public()
    if request.user.is_authenticated:
        rows = rows | Poll.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("community", "rule", "motion__case").distinct(), pk=pk)  # fmt: skip


@require_safe
def poll(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a poll: what is decided, by which rule, one's own vote; afterwards the result and why."""
    one = _poll(request, pk)
    votes = asked.votes_of(request.user, one) if request.user.is_authenticated else []
    is_over = one.state in ("closed", "published")
    receipt = request.GET.get("receipt", "")[:40]
    context = {
        "poll": one, "place": place_name(one.community.path), "votes": votes, "at": now(),
        "options": [(option["code"], asked.option_text(one, option["code"])) for option in one.options],
        "turnout": asked.turnout_of(one) if one.state != "posted" else None,
        "is_over": is_over, "is_published": one.state == "published",
        "may_object": one.state == "posted" and one.objections_until and localdate() <= one.objections_until,
        "objections": _objections(request, one),
        "receipt": receipt, "is_counted": asked.is_counted(one, receipt) if receipt else None,
    }  # fmt: skip
    if one.state == "published":
        context |= {"why": asked.why_of(one), "figures": asked.figures_of(one)}
    return draw(request, "poll", context)


def _objections(request: HttpRequest, one: Poll) -> list[RollObjection]:
    """Return what the reader has said against the roll, with the answers."""
    if not request.user.is_authenticated:
        return []
    rows = RollObjection.objects.visible_to(request.user)
    return list(rows.filter(poll=one, user=request.user).order_by("-id")[:5])


@login_required
@never_cache
@require_http_methods(FORM)
def vote(request: SignedIn, pk: int, entry: int) -> HttpResponse:
    """Confirm a choice, cast it, show the receipt once.

    The receipt is made before the vote and comes back with the form; the answer to the POST is the
    page itself, since nothing that joins the reader to a receipt may be kept, a session neither.
    """
    one = _poll(request, pk)
    mine = next((v for v in asked.votes_of(request.user, one) if v.entry.pk == entry), None)
    if mine is None:
        messages.error(request, _("您不在这次表决的名册上。"))
        return redirect("taking_part:poll", pk)
    words = request.POST if request.method == "POST" else request.GET
    choice = words.get("choice", "")
    text = asked.option_text(one, choice) if choice in {o["code"] for o in one.options} else ""
    context = {"poll": one, "mine": mine, "choice": choice, "text": text}
    if request.method == "POST":
        receipt = actions.cast_vote(
            one, mine.entry, choice=choice, receipt=words.get("receipt", ""), by=request.user,
            at=now(),
        )  # fmt: skip
        return draw(request, "voted", context | {"receipt": _in_fours(receipt)})
    if not text:
        messages.error(request, _("请先选择一个选项。"))
        return redirect("taking_part:poll", pk)
    return draw(request, "vote", context | {"receipt": actions.new_receipt()})


def _in_fours(receipt: str) -> str:
    return " ".join(receipt[n : n + 4] for n in range(0, len(receipt), 4))


@login_required
@require_http_methods(FORM)
def objection(request: SignedIn, pk: int) -> HttpResponse:
    """Say what is wrong with a posted roll."""
    one, form = _poll(request, pk), ObjectionForm(bound(request))

    def act() -> str:
        actions.object_to_roll(one, text=form.cleaned_data["text"], by=request.user, at=now())
        return reverse("taking_part:poll", args=[pk])

    return ask(
        request, form, act, done=_("异议已提交，社区会在表决开始前答复。"), heading=_("对名册有异议"),
        lede=one.title, verb=_("提交异议"), back=reverse("taking_part:poll", args=[pk]),
    )  # fmt: skip


@require_safe
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Print the notice of a result, to be put on the board."""
    one = _poll(request, pk)
    if one.state != "published":
        asked.result_of(one)
        return redirect("taking_part:poll", pk)
    context = {
        "poll": one, "place": place_name(one.community.path), "why": asked.why_of(one),
        "figures": asked.figures_of(one), "land": world().by_path.get(one.community.path),
    }  # fmt: skip
    return draw(request, "notice", context)
