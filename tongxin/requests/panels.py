"""What requests, whistles and wishes add to the page of a case, and what their moves choose from."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.cases.flow import Option
from tongxin.cases.models import Case
from tongxin.cases.queries import OpenMove
from tongxin.kit.text import mask_name, mask_phone
from tongxin.orgs.models import Org

from . import queries, ratings, routed

PROPOSED = 8
# Who may read what a resident answered, and see that there is a number: not the whole hall.
CLOSE = {"dispatcher", "officer", "verifier", "grid_worker", "leader", "inspector"}
CLOSE |= {"holder", "offeree", "handler_org", "reporter"}


def _panel(template: str, **context: Any) -> dict[str, Any]:
    return {"template": f"requests/parts/{template}.html", **context}


def of_request(
    case: Case, *, parts: frozenset[str], at: datetime, moves: list[OpenMove]
) -> list[dict[str, Any]]:
    """Return what the resident said, and the dispatch panel where the case may be given away."""
    open_now = {move.name for move in moves}
    panels = [_asked(case, parts), *routed.panel_of(case, parts=parts, open_now=open_now)]
    return panels + ([_dispatching(case, at, open_now)] if open_now & {"dispatch", "offer"} else [])


def _dispatching(case: Case, at: datetime, open_now: set[str]) -> dict[str, Any]:
    people = queries.candidates(case, at=at, limit=PROPOSED)
    here = [
        {"lng": case.lng, "lat": case.lat, "title": case.title, "tone": "late", "char": _("单")}
    ]
    homes = [
        {
            "lng": one.home.lng,
            "lat": one.home.lat,
            "title": one.name,
            "note": one.why,
            "tone": "working",
            "char": one.name[:1],
        }
        for one in people
        if one.home and one.home.lng is not None
    ]
    return _panel(
        "dispatch",
        people=people,
        orgs=list(queries.handlers_of(case)),
        points=(here if case.lng is not None else []) + homes,
        may_offer="offer" in open_now and len(people) > 1,
        may_dispatch="dispatch" in open_now,
        near=_near(case),
        key=str(uuid.uuid4()),
    )


def _near(case: Case) -> list[queries.Neighbour]:
    if case.lng is None or case.lat is None:
        return []
    return queries.nearby(lng=case.lng, lat=case.lat, topic=case.topic, besides=case.pk)


def _asked(case: Case, parts: frozenset[str]) -> dict[str, Any]:
    request = getattr(case, "request", None)
    if request is None:  # opened by other means: nothing more is known
        return _panel("asked", request=None)
    close, opened = bool(parts & CLOSE), sealer().open
    return _panel(
        "asked",
        request=request,
        answers=_answers(case, request.answers) if close else [],
        beneficiary=mask_name(opened(request.beneficiary_sealed)) if close else "",
        contact=mask_phone(opened(request.contact_sealed)) if close else "",
        may_reveal=bool(parts & queries.MAY_CALL),
        stars="★" * (request.stars or 0) + "☆" * (5 - (request.stars or 0)),
    )


def _answers(case: Case, answers: dict[str, Any]) -> list[tuple[str, Any]]:
    labels = {q["key"]: q["label"] for q in (case.topic.questions if case.topic else [])}
    return [
        (labels.get(key, key), "、".join(value) if isinstance(value, list) else value)
        for key, value in answers.items()
    ]


def of_whistle(case: Case, *, parts: frozenset[str], at: datetime, moves: list[OpenMove]) -> list:
    whistle = getattr(case, "whistle", None)
    return [_panel("whistle", whistle=whistle)] if whistle else []


def of_wish(case: Case, *, parts: frozenset[str], at: datetime, moves: list[OpenMove]) -> list:
    wish = getattr(case, "wish", None)
    return [_panel("wish", wish=wish)] if wish else []


# What moves choose from.


def people(case: Case, *, at: datetime, text: str, chosen: list[str]) -> list[Option]:
    """Return who could take the order, and those chosen, if an order may be given to them."""
    found = [
        Option(one.id, one.name, one.why) for one in queries.candidates(case, at=at, name=text)
    ]
    known = {option.value for option in found}
    ids = [int(one) for one in chosen if one.isdecimal() and int(one) not in known]
    reached = [one for one in ids if queries.person_in_reach(case, one, at=at)]
    named = User.objects.filter(pk__in=reached).values_list("pk", "name") if reached else []
    return found + [Option(pk, name) for pk, name in named]


def orgs(case: Case, *, at: datetime, text: str, chosen: list[str]) -> list[Option]:
    return [Option(org.pk, org.name, org.get_kind_display()) for org in queries.handlers_of(case)]


def leaders(case: Case, *, at: datetime, text: str, chosen: list[str]) -> list[Option]:
    """Return the open public requests of the same community, and those chosen in the district."""
    found = queries.may_lead(case, chosen=chosen)
    return [Option(str(one.pk), f"{one.number} {one.title}") for one in found]


def departments(case: Case, *, at: datetime, text: str, chosen: list[str]) -> list[Option]:
    """Return the departments a call may be passed on to: all but the one that has it."""
    found = queries.departments_over(case.area).exclude(pk=case.handler_id or 0)
    return [Option(org.pk, org.name, str(Org.Kind.DEPARTMENT.label)) for org in found]


def tags(case: Case, *, at: datetime, text: str, chosen: list[str]) -> list[Option]:
    return [Option(tag, tag) for tag in ratings.all_tags()]
