"""Servers that follow the updates extension are told how a case we handed on goes on here."""

from __future__ import annotations

import logging
from datetime import datetime
from time import monotonic

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from tongxin.cases.models import Case, Event
from tongxin.language.private import mask

from .. import partner as wire
from ..guarded import CallFailed, Refusal, Silent
from ..models import Forwarding, Peer
from ..queries import TOLD, is_told, status_of
from .forwarding import LEASE, LOOKS, PASS_SECONDS, partner_of
from .updates import UPDATE_LIMIT

logger = logging.getLogger(__name__)


def begin_telling(peer: Peer) -> None:
    """Tell a peer of what happens from now on: what lies behind is not made up for."""
    length = Case.objects.filter(pk=OuterRef("case")).values("length")[:1]
    Forwarding.objects.filter(peer=peer, their_id__isnull=False).update(told_seq=Subquery(length))


def tell_peers_due(*, at: datetime, limit: int = 10) -> int:
    """Tell peers of the events of our cases they have not been told of; return of how many cases.

    Safe beside itself: a row is claimed for some minutes, and an update told twice has the id it
    had the first time.
    """
    claimed, started = _claim(at, limit), monotonic()
    silent: set[int] = set()
    for forwarding in claimed:
        if forwarding.peer_id in silent or monotonic() - started > PASS_SECONDS:
            Forwarding.objects.filter(pk=forwarding.pk).update(tell_at=at)
        elif not _tell_all(forwarding, at):
            silent.add(forwarding.peer_id)
    return len(claimed)


@transaction.atomic
def _claim(at: datetime, limit: int) -> list[Forwarding]:
    due = Forwarding.objects.filter(
        Q(tell_at=None) | Q(tell_at__lte=at), told_seq__lt=F("case__length"),
        peer__is_active=True, peer__takes_updates=True, their_id__isnull=False,
    )  # fmt: skip
    rows = due.order_by("pk").select_related("peer", "case__topic")
    taken = list(rows.select_for_update(skip_locked=True, of=("self",))[:limit])
    Forwarding.objects.filter(pk__in=[one.pk for one in taken]).update(tell_at=at + LEASE)
    return taken


def _tell_all(forwarding: Forwarding, at: datetime) -> bool:
    """Tell of every event in its order; return whether the other side answers at all."""
    told, error, answers = forwarding.told_seq or 0, "", True
    events = Event.objects.filter(case=forwarding.case_id, seq__gt=told).select_related("case")
    try:
        for event in events.order_by("seq"):
            if _concerns(event, forwarding):
                error = _tell(event, forwarding) or error
            told = event.seq
            Forwarding.objects.filter(pk=forwarding.pk).update(told_seq=told)
    except CallFailed as failed:
        error, answers = str(failed), not isinstance(failed, Silent)
    except Exception as odd:  # one odd answer must not stop the others
        logger.exception("Telling of forwarding %s", forwarding.pk)
        error = repr(odd)
    is_behind = told < forwarding.case.length
    tries = forwarding.tell_tries + 1 if is_behind else 0
    Forwarding.objects.filter(pk=forwarding.pk).update(
        tell_tries=tries,
        tell_at=at + LOOKS[min(tries - 1, len(LOOKS) - 1)] if is_behind else None,
        **({"last_error": " ".join(error.split())[:300]} if error else {}),
    )
    return answers


def _concerns(event: Event, forwarding: Forwarding) -> bool:
    """Return whether they are told of an event: not of what they said themselves."""
    if event.case.is_private or not is_told(event):
        return False
    said_by_them = [f":forwarding:{forwarding.pk}:"]
    if forwarding.peer.client_id:
        said_by_them.append(f":open311:{forwarding.peer.client_id}:")
    return not any(key in (event.key or "") for key in said_by_them)


def _tell(event: Event, forwarding: Forwarding) -> str:
    """Tell of one event; return why they will not hear it, or nothing."""
    form = {
        "service_request_id": str(forwarding.their_id),
        "update_id": str(event.pk),
        "updated_datetime": wire.moment(event.recorded_at),
        "status": status_of(event),
        "description": words_of(event),
    }
    try:
        wire.tell(partner_of(forwarding.peer), form)
    except Refusal as error:
        return _("对方不收进展：%s") % error
    return ""


def words_of(event: Event) -> str:
    """Return what is said of an event: where the case is now, and the note meant for who asked."""
    label = str(event.case.flow.step_of[event.target].label)
    says = event.name in TOLD and event.note
    return mask(f"{label}：{event.note}" if says else label)[:UPDATE_LIMIT]
