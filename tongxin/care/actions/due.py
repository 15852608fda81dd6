"""What runs out: files that are not renewed are closed, what is closed is erased in time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.photos.models import Photo

from ..models import CareFile, Measure, QuarterReport, RightsRequest, RoundHousehold, Stay
from ..queries.rules import number
from .common import care_officers, workers_of
from .errands import follow_errands
from .files import end_file
from .stays import ask_again, end_run_out
from .visits import follow_walks, plan_due, ring_missed


def remind_expiring(*, at: datetime, limit: int = 100) -> int:
    """Tell the grid's worker and the care officer of files whose term ends soon; once each."""
    today = localdate(at)
    soon = today + timedelta(number("renew_days", today))
    rows = CareFile.objects.standing().filter(expires_on__gte=today, expires_on__lte=soon)
    found = list(rows.order_by("expires_on", "pk")[:limit])
    for file in found:
        tell(
            users=[*workers_of(file.area), *care_officers(file.area)],
            title=_("关爱档案快到期：%s") % file.number,
            text=_("%s 到期，仍需关爱的请征得同意后续期，不续将清除") % file.expires_on,
            url=reverse("care:file", args=[file.pk]),
            key=f"care.expires:{file.pk.hex}:{file.expires_on}",
            at=at,
        )
    return len(found)


def close_expired(*, at: datetime, limit: int = 100) -> int:
    """Close the files whose term has ended and that nobody renewed; return how many."""
    today = localdate(at)
    rows = CareFile.objects.standing().filter(expires_on__lt=today).order_by("expires_on", "pk")
    done = 0
    for pk in list(rows.values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            file = CareFile.objects.select_for_update().get(pk=pk)
            if file.closed_at is None and file.expires_on < today:
                end_file(file, CareFile.End.EXPIRED, by=None, at=at)
                done += 1
    return done


def forget_files(*, at: datetime, limit: int = 50) -> int:
    """Erase what closed files and ended registrations hold, once their term is over.

    That there was one, of which kind, where and until when, remains: figures of past years stand.
    """
    today = localdate(at)
    files = CareFile.objects.filter(forget_on__lte=today, forgotten_at=None).order_by("forget_on")
    done = 0
    for pk in list(files.values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            done += _forget(CareFile.objects.select_for_update().get(pk=pk), at)
    stays = Stay.objects.filter(forget_on__lte=today, forgotten_at=None)
    ids = list(stays.order_by("forget_on").values_list("pk", flat=True)[:limit])
    blank = {"name_sealed": "", "phone_sealed": "", "phone_index": "", "door_sealed": ""}
    return done + Stay.objects.filter(pk__in=ids, forgotten_at=None).update(
        **blank, user=None, building="", note="", forgotten_at=at
    )


def _forget(file: CareFile, at: datetime) -> int:
    if file.forgotten_at is not None:
        return 0
    photos = {file.paper_id}
    for visit in file.visits.all():
        photos.add(visit.photo_id)
    file.visits.update(body_sealed="", photo=None, promise_due_on=None)
    for one in file.aids.all():
        photos |= {one.receipt_id, one.signature_id}
    file.aids.update(receipt=None, signature=None)
    households = RoundHousehold.objects.filter(file=file)
    for row in households:
        photos |= {row.photo_id, row.signature_id}
    households.update(name_sealed="", door_sealed="", building="", photo=None, signature=None)
    Measure.objects.filter(pairing__file=file).update(text_sealed="", result_sealed="")
    QuarterReport.objects.filter(pairing__file=file).update(text_sealed="")
    RightsRequest.objects.filter(file=file).update(text_sealed="", words="")
    file.name_sealed = file.name_index = file.body_sealed = file.building = ""
    file.user = file.person = file.paper = None
    file.forgotten_at = at
    file.save()
    _erase_photos({pk for pk in photos if pk})
    audit(actor=None, action="care.file.forget", object=file.object_word, at=at)
    return 1


def _erase_photos(ids: set) -> None:
    """Erase pictures with their files, once the transaction stands."""
    rows = list(Photo.objects.filter(pk__in=ids))
    Photo.objects.filter(pk__in=ids).delete()

    def unlink() -> None:
        for photo in rows:
            photo.file.delete(save=False)
            photo.thumb.delete(save=False)

    transaction.on_commit(unlink)


def care_due(*, at: datetime, limit: int = 100) -> int:
    """Do all of care that is due: return how many things were done.

    Errands told by cases and walks finished on phones are taken over, the rest is once an hour.
    """
    changed = (follow_walks, plan_due, close_expired, end_run_out, forget_files)
    done = sum(job(at=at, limit=limit) for job in changed)
    for job in (ring_missed, remind_expiring, ask_again):
        job(at=at, limit=limit)
    return done


def care_events_due(*, at: datetime, limit: int = 200) -> int:
    """Follow what happens in cases and walks: what errands cost, what was found on a phone."""
    return follow_errands(at=at, limit=limit) + follow_walks(at=at, limit=limit)
