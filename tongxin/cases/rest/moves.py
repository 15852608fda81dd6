"""One door for every move of every kind."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from ninja import Body

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid
from tongxin.orgs.models import Org
from tongxin.orgs.queries import active_people
from tongxin.regions.queries import get_land, region_of
from tongxin.ui.wire import IdempotencyKey, reply

from .. import actions
from ..brief import in_brief
from ..models import Case, Evidence
from ..queries import topic_by_code
from .cases import event_told
from .router import CaseId, get_case, key_of, router
from .shapes import MoveDone, MoveIn

AS_THEY_ARE = ("until", "stars", "tags", "minutes", "amount", "reached", "solved", "cause", "plan")
EMPTY = MoveIn()


@router.post("/cases/{id}/moves/{move}", response=MoveDone, summary="Take a case one step further")
def make_move(
    request: SignedIn,
    id: CaseId,
    move: str,
    key: IdempotencyKey,
    body: Annotated[MoveIn, Body()] = EMPTY,
) -> HttpResponse:
    """Make one of the case's open moves; all it needs and nothing else is handed in.

    A retry with the same Idempotency-Key answers with the event it already made, and the case as
    it is now.
    """
    actor = request.auth
    key_is = key_of(id)
    # The engine looks the case up and asks whether the caller sees it, under the lock.
    known = "pk" in key_is
    case = Case.from_db("default", ["id"], [key_is["pk"]]) if known else get_case(actor, id)
    event = actions.make_move(
        case,
        move,
        at=body.at or now(),
        actor=actor,
        note=body.note,
        evidence=_evidence(case, actor, body.evidence) if body.evidence else (),
        expect=body.expect,
        key=key,
        **_given(body, actor),
    )
    event.actor = actor
    told = {"event": event_told(event.case, event), "case": in_brief(event.case, actor)}
    return reply(told, replayed=event.is_replay)


def _evidence(case: Case, actor, ids: list) -> list[Evidence]:
    """Return the caller's own uploads; whether they were used before, the engine asks."""
    found = list(case.evidence.filter(pk__in=ids, uploaded_by=actor))
    if missing := set(ids) - {one.pk for one in found}:
        raise Invalid(_("没有找到您上传的照片：%s。") % min(missing), field="evidence")
    return found


def _given(body: MoveIn, actor) -> dict[str, Any]:
    """Return what was handed in, ids and codes as the things they mean."""
    given: dict[str, Any] = {name: getattr(body, name) for name in AS_THEY_ARE}
    people = [*(body.queue or []), *([body.holder] if body.holder else [])]
    if people:
        found = active_people(people)
        if missing := [one for one in people if one not in found]:
            field = "queue" if body.queue else "holder"
            raise Invalid(_("没有编号为 %d 的人员，或已停用。") % missing[0], field=field)
        given["holder"] = found[body.holder] if body.holder else None
        given["queue"] = body.queue
    if body.handler:
        given["handler"] = Org.objects.public().filter(pk=body.handler).first()
        if given["handler"] is None:
            raise Invalid(_("没有编号为 %d 的单位，或已撤销。") % body.handler, field="handler")
    return given | _given_of_the_case(body, actor)


def _given_of_the_case(body: MoveIn, actor) -> dict[str, Any]:
    """Return what is said of the case itself: where, about what, and whom it follows."""
    given: dict[str, Any] = {}
    if body.place:
        given["place"] = body.place.model_dump(exclude_none=True)
    if body.topic:
        given["topic"] = topic_by_code(body.topic)
    if body.leader:
        given["leader"] = get_case(actor, body.leader)
    if body.region:
        given["region"] = region_of(get_land(body.region))
    return given
