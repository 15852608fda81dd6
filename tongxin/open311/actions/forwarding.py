"""Cases are handed on to other servers, and what happens there is heard: by the worker alone.

Handing on reads the event log as telling does. It is idempotent: our number stands in what is
sent, and where an earlier try may have arrived it is looked for before it is sent again.
"""

from __future__ import annotations

import logging
import unicodedata
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from time import monotonic

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.cases.models import Case, Event
from tongxin.kit.errors import Refused
from tongxin.language.private import mask

from .. import partner as wire
from ..guarded import CallFailed, Refusal, Silent
from ..models import Forwarding, ForwardRule, Peer
from ..partner import Heard, Partner, Unsure
from ..queries import TOLD
from .keys import must_administer
from .updates import CannotHear, hear

# Between two tries to hand a case on; after the last it is on the dead list.
PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 480))
# Between two looks at what has become of it there: longer while there is no news.
LOOKS = tuple(timedelta(minutes=m) for m in (5, 15, 60, 240, 720))
LEASE = timedelta(minutes=5)
# A pass takes about so long: whoever calls has clocks to ring as well.
PASS_SECONDS = 5
# Events get their id before they are written: so many are read again, lest one be passed over.
LOOK_BACK = 500
BATCH = 500
NOTE_LIMIT = 500
# What makes a request one that is handed on: it was filed, or is about something else now.
HANDING_ON = ("open", "correct", "reopen")

logger = logging.getLogger(__name__)


class NotDead(Refused):
    """Only what was given up can be tried anew."""


# Which cases go where.


def forward_due(*, at: datetime, limit: int = 10) -> int:
    """Find what is to be handed on, hand on what is due, look at what was; return how many."""
    found = sum(_find_new(peer, at) for peer in Peer.objects.filter(is_active=True))
    claimed = _claim(at, limit)
    started, silent = monotonic(), set()
    for forwarding in claimed:
        if forwarding.peer_id in silent:
            _put_off(forwarding, at + PAUSES[0])
        elif monotonic() - started > PASS_SECONDS:
            _put_off(forwarding, at)
        elif not _advance(forwarding, at):
            silent.add(forwarding.peer_id)
            _put_off_all(forwarding.peer, at)
    return found + len(claimed)


def _find_new(peer: Peer, at: datetime) -> int:
    """Write down the cases of the next events that a rule of the peer hands on."""
    rules = list(ForwardRule.objects.filter(peer=peer).select_related("region"))
    if not rules:
        return 0
    # The next so many events, not the next so many ids: a sequence may have jumped.
    unseen = Event.objects.filter(id__gt=peer.seen).order_by("id")
    ids = list(unseen.values_list("id", flat=True)[:BATCH])
    if not ids:
        return 0
    first, last = max(peer.seen - LOOK_BACK, 0), ids[-1]
    rows = Event.objects.filter(
        id__gt=first, id__lte=last, name__in=HANDING_ON, recorded_at__gte=peer.created_at,
        case__kind="request", case__is_private=False, case__closed_at=None,
        case__topic__is_public=True, case__topic__in={rule.topic_id for rule in rules},
    )  # fmt: skip
    new = [
        Forwarding(case=case, peer=peer, service_code=rule.service_code, created_at=at, next_at=at)
        for case in {
            event.case_id: event.case for event in rows.select_related("case").order_by("id")
        }.values()
        if (rule := _rule_for(case, rules)) and not _came_from(case, peer)
    ]
    with transaction.atomic():
        known = Forwarding.objects.filter(peer=peer, case__in=[one.case_id for one in new])
        had = set(known.values_list("case", flat=True))
        Forwarding.objects.bulk_create(new, ignore_conflicts=True)
        Peer.objects.filter(pk=peer.pk, seen__lt=last).update(seen=last)
    return len([one for one in new if one.case_id not in had])


def _rule_for(case: Case, rules: list[ForwardRule]) -> ForwardRule | None:
    """Return the rule of a case: that of the smallest area it lies in."""
    fits = [
        rule
        for rule in rules
        if rule.topic_id == case.topic_id
        and (rule.region is None or case.area.startswith(rule.region.path))
    ]
    return max(fits, key=lambda rule: len(rule.region.path) if rule.region else 0, default=None)


def _came_from(case: Case, peer: Peer) -> bool:
    """Return whether a case came in from that very system: it must not be sent round in a circle."""
    submission = getattr(case, "open311", None)
    return submission is not None and submission.client_id == peer.client_id


@transaction.atomic
def _claim(at: datetime, limit: int) -> list[Forwarding]:
    """Take what is due for a while, so that no other worker does."""
    due = Forwarding.objects.filter(next_at__lte=at, peer__is_active=True)
    rows = (
        due.order_by("next_at", "pk")
        .select_related("peer", "case__topic", "case__region")
        .select_for_update(skip_locked=True, of=("self",))
    )
    taken = list(rows[:limit])
    Forwarding.objects.filter(pk__in=[row.pk for row in taken]).update(next_at=at + LEASE)
    return taken


def partner_of(peer: Peer) -> Partner:
    return Partner(peer.url, sealer().open(peer.key_sealed), peer.jurisdiction)


def _put_off(forwarding: Forwarding, until: datetime) -> None:
    Forwarding.objects.filter(pk=forwarding.pk).update(next_at=until)


def _put_off_all(peer: Peer, at: datetime) -> None:
    """Leave a peer that does not answer alone for a minute: else every pass would wait for it."""
    due = Forwarding.objects.filter(peer=peer, next_at__lte=at)
    due.update(next_at=at + PAUSES[0])


def _advance(forwarding: Forwarding, at: datetime) -> bool:
    """Do what is next for one: send it, turn its token into a number, or look at it.

    Returns whether the other side answers at all.
    """
    try:
        if forwarding.their_id:
            _look(forwarding, at)
        elif forwarding.their_token:
            _exchange(forwarding, at)
        else:
            _send(forwarding, at)
    except Refusal as error:
        _fail(forwarding, str(error), at, for_good=not forwarding.their_id)
    except Unsure as error:
        forwarding.unsure_since = forwarding.unsure_since or at
        _fail(forwarding, str(error), at)
    except Silent as error:
        _fail(forwarding, str(error), at)
        return False
    except CallFailed as error:
        _fail(forwarding, str(error), at)
    except Exception as error:  # one odd answer must not stop the others
        logger.exception("Forwarding %s", forwarding.pk)
        _fail(forwarding, repr(error), at)
    return True


# Sending.


def mark_of(case: Case) -> str:
    """Return what stands in the text we send, by which it is found again there."""
    return _("［来源编号 %s］") % case.number


def form_of(forwarding: Forwarding) -> dict[str, str]:
    """Return what is sent of a case: what is to be done and where, masked, and nobody's name."""
    case = forwarding.case
    text = case.text or case.title
    form = {
        "service_code": forwarding.service_code,
        "description": f"{mask(text)[:3900]}\n{mark_of(case)}",
        "account_id": case.number,
        "address_string": mask(case.address) or str(case.region),
    }
    if case.lng is not None and case.lat is not None:
        form |= {"lat": f"{case.lat:.6f}", "long": f"{case.lng:.6f}"}
    return form


def _send(forwarding: Forwarding, at: datetime) -> None:
    case, to = forwarding.case, partner_of(forwarding.peer)
    if not case.is_open or case.is_private:
        _end(forwarding, _("本单已结束，不再转交"))
        return
    number, token = "", ""
    if forwarding.unsure_since:
        number = wire.find(
            to, mark=mark_of(case), service_code=forwarding.service_code,
            since=forwarding.unsure_since - timedelta(minutes=10),
        )  # fmt: skip
    if not number:
        number, token = wire.send(to, form_of(forwarding))
    _taken(forwarding, at, number=number, token=token)


def _taken(forwarding: Forwarding, at: datetime, *, number: str, token: str = "") -> None:
    forwarding.their_id, forwarding.their_token = number or None, token
    forwarding.state = Forwarding.State.TAKEN
    forwarding.sent_at = forwarding.sent_at or at
    forwarding.tries, forwarding.last_error, forwarding.unsure_since = 0, "", None
    forwarding.next_at = at + LOOKS[0]
    if forwarding.told_seq is None:  # what has happened till now stands in what was sent
        length = Case.objects.filter(pk=forwarding.case_id).values_list("length", flat=True)
        forwarding.told_seq = length.get()
    try:
        with transaction.atomic():
            forwarding.save()
            if number:
                _tell(
                    forwarding,
                    _("已转交%(peer)s，对方编号 %(number)s")
                    % {"peer": forwarding.peer.name, "number": number},
                    at,
                    "sent",
                )
    except IntegrityError:
        forwarding.refresh_from_db()
        forwarding.their_id = None
        _fail(forwarding, _("对方给了另一件事的编号 %s") % number, at, for_good=True)


def _exchange(forwarding: Forwarding, at: datetime) -> None:
    number = wire.exchange(partner_of(forwarding.peer), forwarding.their_token)
    if number:
        _taken(forwarding, at, number=number)
    else:
        _wait(forwarding, at)


# Hearing.


def _look(forwarding: Forwarding, at: datetime) -> None:
    """Look at a request there; what is new becomes a line of our case, closed or not."""
    if not forwarding.case.is_open:
        _end(forwarding, "")
        return
    heard = wire.look(partner_of(forwarding.peer), str(forwarding.their_id))
    forwarding.tries, forwarding.last_error = 0, ""
    if heard.notes and _is_our_own(forwarding, heard.notes):
        heard = replace(heard, notes="")
    said = sha256(repr((heard.status, heard.notes, heard.agency)).encode()).hexdigest()
    if said == forwarding.heard:
        _wait(forwarding, at)
        return
    is_first = not forwarding.heard and not heard.is_closed and not heard.notes
    forwarding.heard, forwarding.heard_at, forwarding.quiet = said, at, 0
    forwarding.next_at = None if heard.is_closed else at + LOOKS[0]
    if heard.is_closed:
        forwarding.state = Forwarding.State.CLOSED
    with transaction.atomic():
        forwarding.save()
        if not is_first:
            _tell(forwarding, _words(forwarding.peer, heard), at, said[:32])


def _is_our_own(forwarding: Forwarding, notes: str) -> bool:
    """Return whether a note there only repeats what we told them of our case."""
    if not forwarding.peer.takes_updates:
        return False
    said = Event.objects.filter(case=forwarding.case_id, name__in=TOLD).exclude(note="")
    said = said.exclude(key__contains=f":forwarding:{forwarding.pk}:").order_by("-seq")
    return any(mask(note) in notes for note in said.values_list("note", flat=True)[:20])


def _words(peer: Peer, heard: Heard) -> str:
    notes = f"：{_readable(heard.notes)}" if heard.notes else ""
    who = f"{peer.name}（{_readable(heard.agency)}）" if heard.agency else peer.name
    if heard.is_closed:
        return _("%(who)s已办结%(notes)s。请核实后再办结本单") % {"who": who, "notes": notes}
    return _("%(who)s办理中%(notes)s") % {"who": who, "notes": notes}


def _readable(text: str) -> str:
    """Return what others wrote on one line, masked, without what cannot be seen."""
    kept = "".join(" " if c.isspace() else c for c in unicodedata.normalize("NFC", text))
    kept = "".join(c for c in kept if unicodedata.category(c)[0] != "C")
    return mask(" ".join(kept.split()))[:NOTE_LIMIT]


def _tell(forwarding: Forwarding, note: str, at: datetime, about: str) -> None:
    """Write a line into our case. One that has ended is not written to."""
    try:
        hear(forwarding.case, note=note, at=at, key=f"forwarding:{forwarding.pk}:{about}")
    except CannotHear:
        pass
    except Refused as refusal:
        logger.warning("Forwarding %s: %s", forwarding.pk, refusal)


# Waiting and failing.


def _wait(forwarding: Forwarding, at: datetime) -> None:
    forwarding.quiet += 1
    forwarding.next_at = at + LOOKS[min(forwarding.quiet, len(LOOKS) - 1)]
    forwarding.save()


def _end(forwarding: Forwarding, why: str) -> None:
    forwarding.state, forwarding.next_at = Forwarding.State.ENDED, None
    forwarding.last_error = why
    forwarding.save()


def _fail(forwarding: Forwarding, error: str, at: datetime, *, for_good: bool = False) -> None:
    """Count a failed try. Handing on is given up after the last pause, looking never is."""
    forwarding.last_error = _readable(error)[:300]
    tries, forwarding.tries = forwarding.tries, min(forwarding.tries + 1, 1000)
    if forwarding.their_id or forwarding.their_token:
        forwarding.next_at = at + LOOKS[min(tries, len(LOOKS) - 1)]
    elif for_good or tries >= len(PAUSES):
        forwarding.state, forwarding.next_at = Forwarding.State.DEAD, None
    else:
        forwarding.next_at = at + PAUSES[tries]
    forwarding.save()


@transaction.atomic
def retry_forwarding(*, forwarding: Forwarding, by: User, at: datetime) -> None:
    """Take a forwarding off the dead list and try it anew; what may have arrived is looked for.

    :raises NotTheAdministrator, NotDead:
    """
    must_administer(by)
    dead: QuerySet = Forwarding.objects.filter(pk=forwarding.pk, state=Forwarding.State.DEAD)
    fresh = {"state": Forwarding.State.WAITING, "tries": 0, "next_at": at}
    if not dead.update(**fresh):
        raise NotDead(_("这条转交没有失败，不用重试。"))
    audit(actor=by, action="open311.forward.retry", object=forwarding.case.number, at=at)
