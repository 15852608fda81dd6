"""A word afterwards, written into the history by one of the team; words that belong elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.text import clean_text
from tongxin.photos.models import Photo

from ..models import Visit, VisitPhoto
from .common import VisitOver, not_ahead, note_change
from .visits import locked, must_be_on_team

LONGEST = 280


@transaction.atomic
def note_visit(
    visit: Visit, *, note: str, at: datetime, by: User, photos: Sequence[Photo] = (),
    recorded_at: datetime | None = None,
) -> Visit:  # fmt: skip
    """Add a note, with photos, to a visit that has begun or ended; what was reported stays as it is.

    :raises NotOnTeam, VisitOver, FromTheFuture, Invalid: (an empty note)
    """
    known_at = recorded_at or at
    row = locked(visit)
    must_be_on_team(row, by)
    not_ahead(at, known_at)
    if row.state == Visit.State.CANCELLED:
        raise VisitOver(_("这次走访已取消，不能再补记。"))
    text = clean_text(note, limit=LONGEST, field_label=_("补记"), required=True, multiline=True)
    last = row.photos.aggregate(last=Max("order"))["last"] or 0
    VisitPhoto.objects.bulk_create(
        VisitPhoto(visit=row, photo=photo, slot="note", order=last + n)
        for n, photo in enumerate(photos, 1)
    )
    note_change(row, "noted", _("补记：%s") % text, by=by, at=at, recorded_at=known_at)
    return row


@transaction.atomic
def take_words(visit: Visit, *, told: str, at: datetime) -> str:
    """Return the note of a finished visit and take it out of it: it belongs where fewer people read.

    What was added afterwards goes the same way; the history keeps `told` in its place (PIPL,
    article 6: no more than the purpose needs).
    """
    row = locked(visit)
    later = list(row.changes.filter(kind="noted").order_by("pk"))
    words = "\n".join([row.note, *(one.text for one in later)]).strip()
    if words:
        row.note = ""
        row.save(update_fields=["note"])
        row.changes.filter(kind="noted").update(text=told[:300])
        note_change(row, "moved", told, by=None, at=at, recorded_at=at)
    return words
