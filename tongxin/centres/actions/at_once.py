"""即办件: what is done while the person stands at the window, in one act and by the one engine (S1.53)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.cases.actions import make_move
from tongxin.cases.actions.evidence import prepare_evidence
from tongxin.cases.actions.moves import system_move
from tongxin.cases.models import Case, Evidence
from tongxin.kit.errors import Refused
from tongxin.kit.text import clean_text
from tongxin.places.models import Centre

from ..models import DelegatedService, Matter, Ticket, Window
from .common import locked, must_serve, scoped
from .matters import ENDED, take_in
from .queue import end_ticket, next_number

MOST_PHOTOS = 6


class NotAllThere(Refused):
    """Without all materials nothing can be done at once."""

    status = 422


class NoProof(Refused):
    """What was done at the window is shown by a photo of what was given, or of the signed slip."""

    status = 422


@transaction.atomic
def do_at_once(
    *, centre: Centre, service: DelegatedService, name: str, phone: str, has: Collection[int],
    result: str, photos: Sequence[bytes], by: User, at: datetime, note: str = "",
    window: Window | None = None, ticket: Ticket | None = None, key: str = "",
) -> Matter:  # fmt: skip
    """Take a matter in, do it and hand its result over; it counts as one served at the windows.

    The request is filed, dispatched to the clerk, accepted and finished with `photos` as proof. Where
    its topic asks for verification it stops there: another verifies, then the result is handed over
    as always. Else it is handed over, and closed if nobody is there to rate it.

    :raises NotAllThere, NoProof:
    :raises NotOffered, BadMatter, NotPermitted: as `take_in`
    """
    centre = locked(centre)
    must_serve(by, centre.region.path, what=_("当场办结窗口事项"))
    kept = scoped(by, key)
    if kept and (old := Matter.objects.filter(key=kept).first()):
        return old
    words = clean_text(result, limit=300, field_label=_("办理结果"), required=True)
    if not photos:
        raise NoProof(_("当场办结要有照片：证件、凭证或签收单。"), field="photos")
    if len(photos) > MOST_PHOTOS:
        raise NoProof(_("一次最多 %d 张照片。") % MOST_PHOTOS, field="photos")
    served = _served(centre, window, ticket, by, at)
    matter = take_in(
        centre=centre, service=service, name=name, phone=phone, has=has, by=by, at=at, note=note,
        window=window, ticket=served, key=key,
    )  # fmt: skip
    if matter.case is None:
        raise NotAllThere(
            _("材料不齐，不能当场办结。"), field="has",
            remedy=_("请先受理，回执会一次告知还缺什么。"),
        )  # fmt: skip
    proof = [prepare_evidence(data=data, kind="photo", actor=by, at=at) for data in photos]
    return _done(matter, _worked(matter.case, words, proof, by, at), words, name, at)


def _served(
    centre: Centre, window: Window | None, ticket: Ticket | None, by: User, at: datetime
) -> Ticket:
    """Return the number under which the person was served: the one called, or one made for the walk-in."""
    if ticket is not None:
        return end_ticket(ticket, gone=False, by=by, at=at)
    today = localdate(at)
    return Ticket.objects.create(
        centre=centre, day=today, n=next_number(centre, today), state=Ticket.State.SERVED, window=window,
        at=at, called_at=at, done_at=at,
    )  # fmt: skip


def _worked(case: Case, words: str, proof: list[Evidence], by: User, at: datetime) -> Case:
    """Bring the request of a matter to where the clerk's part ends."""
    system_move(case, "dispatch", at=at, holder=by, note=_("窗口当场办理"))
    make_move(case, "accept", at=at, actor=by)
    make_move(case, "finish", at=at, actor=by, note=words, evidence=proof)
    case.refresh_from_db()
    return case


def _done(matter: Matter, case: Case, words: str, name: str, at: datetime) -> Matter:
    matter.result = words
    if case.step in ENDED:
        if matter.user_id is None:
            system_move(case, "lapse", at=at, note=_("当场办结，没有人可评"))
        matter.state, matter.ready_at, matter.handed_at = Matter.State.HANDED, at, at
        matter.handed_to = clean_text(name, limit=40, field_label=_("领取人"), required=True)
    matter.save(update_fields=["result", "state", "ready_at", "handed_at", "handed_to"])
    matter.case = case
    return matter
