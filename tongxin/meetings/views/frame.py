"""What the pages of this app share: the unit looked at, the sections, a refusal beside its field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.errors import NotFound, Refused
from tongxin.orgs.models import Org

from .. import queries
from ..models import Meeting

MOST_UNITS = 200
SECTIONS = (
    ("calendar", gettext_lazy("日历"), "calendar"),
    ("year", gettext_lazy("全年"), "year"),
    ("check", gettext_lazy("检查提醒"), "check"),
    ("study", gettext_lazy("学习"), "study"),
    ("groups", gettext_lazy("小组与任务"), "groups"),
    ("reviews", gettext_lazy("评议谈心"), "reviews"),
    ("honours", gettext_lazy("仪式荣誉"), "honours"),
    ("programme", gettext_lazy("规划"), "programme"),
    ("rules", gettext_lazy("制度"), "rules"),
)


def unit_of(request: HttpRequest) -> Org:
    """Return the unit looked at: that of `?unit=`, or the one the actor holds an office in.

    :raises NotFound: if the actor may read no unit's organisation life, or not this one's
    """
    asked = request.GET.get("unit", "") or request.POST.get("unit", "")
    pk = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None
    pk = pk if asked else queries.home_unit(request.user)
    unit = queries.units_read_by(request.user).filter(pk=pk).first() if pk else None
    if unit is None:
        raise NotFound(
            _("没有找到这个党组织，或您不负责它的组织生活。"),
            remedy=_("您要参加的会议在“我的会议”里。"),
        )
    return unit


def sections(unit: Org, active: str) -> list[dict[str, Any]]:
    """Return the tabs of the app as `ui/parts/segments.html` draws them."""
    return [
        {
            "label": label,
            "url": f"{reverse(f'meetings:{name}')}?unit={unit.pk}",
            "active": key == active,
            "count": None,
        }
        for key, label, name in SECTIONS
    ]


def sections_of(meeting: Meeting) -> list[dict[str, Any]]:
    """Return the tabs of a meeting's unit; a gathering is no organisation life and has none."""
    return [] if meeting.is_gathering else sections(meeting.unit, "calendar")


def unit_filter(request: HttpRequest, unit: Org) -> dict[str, Any]:
    """Return the choice of units: the way up as far as one may read, and what stands below."""
    readable = queries.units_read_by(request.user)
    above = [int(one) for one in unit.path.strip("/").split("/")]
    beside = Q(parent=unit.parent_id) if unit.parent_id else Q()
    near = Q(pk__in=above) | beside | Q(parent=unit.pk)
    ordered = readable.filter(near).only("name", "path").order_by("path")[:MOST_UNITS]
    choices = [
        (str(one.pk), "　" * max(0, one.path.count("/") - unit.path.count("/") + 1) + one.name)
        for one in ordered
    ]
    return {"name": "unit", "label": _("党组织"), "value": str(unit.pk), "choices": choices}


def meeting_of(request: HttpRequest, pk: int) -> Meeting:
    rows = Meeting.objects.visible_to(request.user)
    rows = rows.select_related("unit", "rule__rule_set", "recorder", "approver", "series", "group")
    return get_object_or_404(rows, pk=pk)


def held_meeting(request: HttpRequest, pk: int) -> Meeting:
    """Return a meeting that the actor helps to hold; for others it is not there."""
    meeting = meeting_of(request, pk)
    if not queries.parts_of(request.user, meeting):
        raise NotFound(_("没有找到这次会议，或您不负责它。"))
    return meeting


def act(
    request: HttpRequest,
    form: Any,
    template: str,
    context: dict[str, Any],
    do: Callable[[], Any],
    done: Callable[[Any], str],
    *,
    said: Any = "",
) -> HttpResponse:
    """Answer a page with one form: show it; if it is sent and good, do the one thing and leave."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = do()
            except Refused as refusal:
                form.take(refusal)
                status = refusal.status
            else:
                if said:
                    messages.success(request, said)
                return redirect(done(made))
    return render(request, template, {"form": form, **context}, status=status)
