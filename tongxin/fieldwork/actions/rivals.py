"""Two phones reported the same visit: a person decides which report stands."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.scope import roles_over

from ..models import SIGNED, RivalAnswers, Visit
from .common import must_write_for, note_change
from .finishing import read_report, store_report
from .visits import OVER_VISITS, locked

Decision = RivalAnswers.Decision


class AlreadyDecided(Refused):
    """One decides once."""


@transaction.atomic
def decide_rival(
    *, rival: RivalAnswers, decision: str, reason: str, by: User, at: datetime
) -> RivalAnswers:
    """Say which of two reports stands. If the second, the first is kept in its place.

    :raises NotYourLand, AlreadyDecided, Invalid:
    """
    visit = locked(rival.visit)
    row = RivalAnswers.objects.select_for_update().get(pk=rival.pk)
    lead = visit.team.filter(user=by.pk, is_lead=True).exists()
    if not lead and roles_over(by, visit.area).isdisjoint(OVER_VISITS):
        must_write_for(by, None)
    if row.decision:
        raise AlreadyDecided(_("这份填报已经裁定过了。"))
    if decision not in (Decision.FIRST, Decision.SECOND):
        raise Invalid(_("请选择以哪一份为准。"), field="decision")
    row.reason = clean_text(reason, limit=200, field_label=_("理由"), required=True)
    if decision == Decision.SECOND:
        _swap(visit, row, by=by, at=at)
    row.decision, row.decided_by, row.decided_at = decision, by, at
    row.save()
    if not visit.rivals.filter(decision="").exists():
        visit.marks = [one for one in visit.marks if one["code"] != "rival"]
        visit.save(update_fields=["marks"])
    words = _("裁定以先到的为准：%s") if decision == Decision.FIRST else _("裁定以后到的为准：%s")
    note_change(visit, "decided", words % row.reason, by=by, at=at, recorded_at=at)
    return row


def _swap(visit: Visit, row: RivalAnswers, *, by: User, at: datetime) -> None:
    shown = [one for one in visit.photos.all() if one.slot != "note"]
    stood = {
        "checklist": visit.checklist.version if visit.checklist else None,
        "answers": {
            one.item.code: {
                "value": one.value,
                "note": one.note,
                "photos": [str(photo.photo_id) for photo in one.photos.all()],
            }
            for one in visit.answers.select_related("item").prefetch_related("photos")
        },
        "note": visit.note,
        "mood": visit.mood,
        "photos": [str(one.photo_id) for one in shown if one.slot != SIGNED],
        "signature": next((str(one.photo_id) for one in shown if one.slot == SIGNED), ""),
    }
    said = row.payload
    report = read_report(
        visit, answers=said["answers"], version=said["checklist"], note=said["note"],
        mood=said["mood"], photos=said["photos"], signature=said.get("signature"), by=None,
    )  # fmt: skip
    row.payload = stood
    first_by, first_at = visit.finished_by, visit.finished_at
    visit.finished_by, visit.finished_at = row.by, row.at
    store_report(visit, report, by=row.by, at=row.at)
    row.by, row.at = first_by or row.by, first_at or row.at
