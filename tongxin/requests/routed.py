"""What the routing rules do for a request: the panel that says so, and where it falls back to."""

from __future__ import annotations

import uuid
from typing import Any

from tongxin.cases.actions import fall_back, reroute
from tongxin.cases.models import Case, CaseRoute, Event, RoutingRule

from . import hooks
from .models import Channel, ServiceRequest

# Who reads why something went where it went: people at work on it or over it.
READERS = frozenset(
    "dispatcher officer leader inspector verifier operator holder handler_org".split()
)


def panel_of(case: Case, *, parts: frozenset[str], open_now: set[str]) -> list[dict[str, Any]]:
    """Return the panel with the rule's choice and its reason, where there is one for this reader."""
    route: CaseRoute | None = getattr(case, "route", None)
    if route is None or not parts & READERS:
        return []
    step = case.flow.step_of[case.step]
    is_there = case.handler_id is not None and case.handler_id == route.handler_id
    is_waiting = case.handler_id is None and case.holder_id is None
    return [
        {
            "template": "requests/parts/routed.html",
            "route": route,
            "rule": route.rule,
            "is_there": is_there,
            "step": step.label,
            "tone": step.tone,
            "backstops": [one["name"] for one in route.backstops],
            "mode": RoutingRule.Mode(route.mode).label if route.mode else "",
            "may_send": "dispatch" in open_now and route.handler_id and is_waiting,
            "may_post": "post" in open_now and route.mode == "grab" and is_waiting,
            "key": str(uuid.uuid4()),
        }
    ]


def after_decline(case: Case, event: Event, given: dict) -> None:
    """Who was sent it by a rule and refuses leaves it to the one behind; else the queue goes on."""
    if not fall_back(case, event):
        hooks.offer_next(case, event, given)


def after_return(case: Case, event: Event, given: dict) -> None:
    fall_back(case, event)


def after_approval(case: Case, event: Event, given: dict) -> None:
    """A return that an officer agreed to goes the same way."""
    _write_decision(case, event, given)
    fall_back(case, event)


def _write_decision(case: Case, event: Event, given: dict) -> None:
    from .flow import AFTER

    AFTER[event.name](case, event, given)


def choose_anew(case: Case, event: Event, given: dict) -> None:
    """Another matter or place is for others: the advice follows, the case itself stays."""
    if given.keys() & {"topic", "region"}:
        channel = ServiceRequest.objects.filter(pk=case.pk).values_list("channel", flat=True)
        reroute(case, source=channel.first() or Channel.WEB, at=event.at)
