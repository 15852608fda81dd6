"""Party birthdays, oaths, the medal of fifty years; the versions of the rules; series of meetings."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid, NotFound
from tongxin.orgs.models import Membership
from tongxin.orgs.scope import keeps_register

from .. import actions, queries
from ..forms import DeliverForm, PointForm, ReasonForm, SeriesForm, SuccessorForm
from ..models import Kind, Medal, Meeting, OpenPoint, RuleSet, Series
from . import frame
from .meetings import PAGE

RITES = (Kind.OATH, Kind.RENEW_OATH, Kind.BIRTHDAY)


@login_required
@require_safe
def honours(request: SignedIn) -> HttpResponse:
    """Show whose party birthday it is, the oaths of the year, the medals due and delivered."""
    unit, on = frame.unit_of(request), localdate()
    rites = Meeting.objects.visible_to(request.user).filter(
        unit__path__under=unit.path, kind__in=RITES, month__gte=on.year * 100
    )
    board = queries.medal_board(unit, on)
    for one in board["delivered"]:
        one.proof = one.photos.all()
    context = {
        "unit": unit,
        "sections": frame.sections(unit, "honours"),
        "filters": [frame.unit_filter(request, unit)],
        "birthdays": queries.birthdays(unit, on),
        "rites": list(rites.select_related("unit").order_by("-starts_at")[:20]),
        "board": board,
        "keeps": keeps_register(request.user, unit.path),
        "runs": queries.runs(request.user, unit.path),
        "today": on,
    }
    return render(request, "meetings/honours.html", context)


@login_required
@require_POST
def list_medal(request: SignedIn, pk: int) -> HttpResponse:
    """Put a member on the list for the medal."""
    rows = Membership.objects.visible_to(request.user).select_related("unit", "person")
    row = get_object_or_404(rows, pk=pk)
    actions.list_for_medal(membership=row, by=request.user, at=now())
    messages.success(request, _("已列入名单。送达后请登记凭证。"))
    return redirect(f"{reverse('meetings:honours')}?unit={row.unit_id}#medals")


@login_required
@require_http_methods(PAGE)
def deliver(request: SignedIn, pk: int) -> HttpResponse:
    """Say that a medal was delivered, with the photo or signed slip that proves it."""
    rows = Medal.objects.visible_to(request.user)
    medal = get_object_or_404(rows.select_related("membership__unit", "membership__person"), pk=pk)
    unit = medal.membership.unit
    if not keeps_register(request.user, unit.path):
        raise NotFound(_("没有找到这枚纪念章。"))
    form = DeliverForm(request.POST or None, request.FILES or None, initial={"on": localdate()})
    context = {"medal": medal, "unit": unit, "sections": frame.sections(unit, "honours")}

    def do() -> Medal:
        given = dict(form.cleaned_data)
        proof = given.pop("photos")
        return actions.deliver_medal(medal=medal, by=request.user, at=now(), proof=proof, **given)

    return frame.act(
        request, form, "meetings/deliver.html", context, do,
        lambda made: f"{reverse('meetings:honours')}?unit={unit.pk}#medals", said=_("已登记送达。"),
    )  # fmt: skip


@login_required
@require_safe
def rules(request: SignedIn) -> HttpResponse:
    """Show every version of the rules, and the procedures drawn from them."""
    unit = frame.unit_of(request)
    found = RuleSet.objects.public().prefetch_related("numbers", "rules__steps")
    on = localdate()
    sets = list(found.order_by("code", "-effective_from"))
    in_force: set[str] = set()
    for one in sets:
        is_open = one.effective_from <= on
        one.is_current = is_open and one.code not in in_force  # type: ignore[attr-defined]
        if is_open:
            in_force.add(one.code)
    context = {
        "unit": unit,
        "sections": frame.sections(unit, "rules"),
        "sets": sets,
        "may_load": keeps_register(request.user, unit.path) and unit.parent_id is None,
    }
    return render(request, "meetings/rules.html", context)


@login_required
@require_POST
def load(request: SignedIn) -> HttpResponse:
    """Bring in the versions that came with the house."""
    unit = frame.unit_of(request)
    if not (keeps_register(request.user, unit.path) and unit.parent_id is None):
        raise NotFound(_("只有最上级党组织可以载入制度。"))
    made = actions.load_rules(at=now(), by=request.user)
    messages.success(request, _("载入了 %d 个制度版本。") % len(made))
    return redirect(f"{reverse('meetings:rules')}?unit={unit.pk}")


@login_required
@require_http_methods(PAGE)
def successor(request: SignedIn, pk: int) -> HttpResponse:
    """Make another version of a rule set, from a day to come."""
    unit = frame.unit_of(request)
    rule_set = get_object_or_404(RuleSet.objects.public(), pk=pk)
    if not (keeps_register(request.user, unit.path) and unit.parent_id is None):
        raise NotFound(_("只有最上级党组织可以另起制度版本。"))
    form = SuccessorForm(request.POST or None, rule_set=rule_set)
    context = {"unit": unit, "rule_set": rule_set, "sections": frame.sections(unit, "rules")}
    return frame.act(
        request, form, "meetings/successor.html", context,
        lambda: actions.succeed_rules(
            rule_set=rule_set, unit=unit, by=request.user, at=now(), **form.given()
        ),
        lambda made: f"{reverse('meetings:rules')}?unit={unit.pk}", said=_("新版本已保存。"),
    )  # fmt: skip


def _series(request: SignedIn, pk: int) -> Series:
    rows = Series.objects.visible_to(request.user).select_related("unit")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_http_methods(PAGE)
def new_series(request: SignedIn) -> HttpResponse:
    """Begin a series of meetings on one matter."""
    unit = frame.unit_of(request)
    if not queries.runs(request.user, unit.path):
        raise NotFound(_("您不负责%s的会议。") % unit.name)
    form = SeriesForm(request.POST or None)
    rows = Series.objects.visible_to(request.user).filter(unit=unit).order_by("-opened_at")[:40]
    context = {"unit": unit, "sections": frame.sections(unit, "calendar"), "rows": list(rows)}
    return frame.act(
        request, form, "meetings/series_form.html", context,
        lambda: actions.open_series(unit=unit, by=request.user, at=now(), **form.cleaned_data),
        lambda made: reverse("meetings:series", args=[made.pk]),
    )  # fmt: skip


@login_required
@require_http_methods(PAGE)
def series(request: SignedIn, pk: int) -> HttpResponse:
    """Show a series: its meetings with minutes, what is open, and the form for a new point."""
    it = _series(request, pk)
    meetings = Meeting.objects.visible_to(request.user).filter(series=it).order_by("starts_at")
    held = [one for one in meetings if one.state not in ("planned", "cancelled")]
    form = PointForm(request.POST or None)
    context = {
        "series": it,
        "unit": it.unit,
        "sections": frame.sections(it.unit, "calendar"),
        "meetings": list(meetings),
        "points": list(it.points.select_related("raised_in").order_by("done_at", "due_on")),
        "runs": queries.runs(request.user, it.unit.path),
        "last": held[-1] if held else None,
        "reason_form": ReasonForm(label=_("办理结果")),
        "close_form": ReasonForm(label=_("办结情况"), prefix="close"),
        "today": localdate(),
    }

    def do():
        if not held:
            raise Invalid(_("还没有开过会，不能登记待办。"))
        return actions.raise_point(meeting=held[-1], by=request.user, at=now(), **form.cleaned_data)

    return frame.act(
        request, form, "meetings/series.html", context, do,
        lambda made: reverse("meetings:series", args=[it.pk]), said=_("待办已登记。"),
    )  # fmt: skip


@login_required
@require_POST
def answer(request: SignedIn, pk: int) -> HttpResponse:
    """Say how an open point was settled."""
    rows = OpenPoint.objects.visible_to(request.user).select_related("series__unit")
    point = get_object_or_404(rows, pk=pk)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("请写明办理结果。"))
    text = form.cleaned_data["text"]
    actions.answer_point(point=point, answer=text, by=request.user, at=now())
    return redirect("meetings:series", pk=point.series_id)


@login_required
@require_POST
def close(request: SignedIn, pk: int) -> HttpResponse:
    """Settle the matter of a series."""
    it = _series(request, pk)
    form = ReasonForm(request.POST, prefix="close")
    if not form.is_valid():
        raise Invalid(_("请写明办结情况。"))
    actions.close_series(series=it, result=form.cleaned_data["text"], by=request.user, at=now())
    messages.success(request, _("这件事已办结。"))
    return redirect("meetings:series", pk=it.pk)
