"""Finishing a visit: answers judged by the version the worker saw, troubles made findings, rivals kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.findings.actions import record_finding
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.photos.actions import compare_photo
from tongxin.photos.models import Photo

from ..models import (
    SIGNED,
    Answer,
    AnswerPhoto,
    Checklist,
    Item,
    RivalAnswers,
    Visit,
    VisitPhoto,
)
from ..queries import asking
from ..queries.known import finding_kinds, findings_of
from ..queries.marks import read_place
from ..queries.norms import norms_on
from .common import VisitOver, not_ahead, note_change
from .visits import locked, must_be_on_team

MOST_PHOTOS = 20


class NotBegun(Refused):
    """A visit is begun before it is finished."""


class UnknownItem(Invalid):
    """The checklist has no such item."""


class UnknownVersion(Invalid):
    """The checklist has no such version."""


class MissingAnswer(Invalid):
    """An item that has to be answered is not."""


class MissingPhoto(Invalid):
    """An answer needs a photo."""


class UnknownPhoto(Invalid):
    """A photo is not there, or was handed in by somebody else."""


class BadMood(Invalid):
    """The mood is none of those known."""


class BeforeItBegan(Invalid):
    """A visit ends after it began."""


@dataclass
class Given:
    """What was said at one item, read and judged."""

    item: Item
    value: Any
    note: str
    photos: list[Photo]
    is_bad: bool
    score: Decimal | None


@dataclass
class Report:
    """Everything handed in at the end of a visit, read and found right."""

    checklist: Checklist | None
    answers: list[Given]
    note: str
    mood: str
    photos: list[Photo]
    signature: Photo | None = None
    marks: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "checklist": self.checklist.version if self.checklist else None,
            "answers": {
                one.item.code: {
                    "value": one.value,
                    "note": one.note,
                    "photos": [str(photo.pk) for photo in one.photos],
                }
                for one in self.answers
            },
            "note": self.note,
            "mood": self.mood,
            "photos": [str(photo.pk) for photo in self.photos],
            "signature": str(self.signature.pk) if self.signature else "",
        }


@transaction.atomic
def finish_visit(
    visit: Visit, *, answers: Mapping[str, Mapping[str, Any]], at: datetime, by: User,
    checklist_version: int | None = None, note: str = "", mood: str = "",
    photos: Sequence[Any] = (), signature: Any = None, place: Mapping[str, Any] | None = None,
    key: str = "", recorded_at: datetime | None = None,
) -> Visit:  # fmt: skip
    """Finish a visit with what was found. `answers` are {item code: {"value", "note", "photos"}}.

    They are judged by the version of the checklist that the worker saw; an old one is marked. A bad
    answer whose item names a kind becomes a finding. `signature` is the picture of one who was there. Of two reports the first stays; the second is
    kept as `RivalAnswers`, and a person decides. A retry with the same `key` acts once.

    :raises NotOnTeam, NotBegun, VisitOver, FromTheFuture, BeforeItBegan, UnknownVersion, UnknownItem,
        BadAnswer, MissingAnswer, MissingPhoto, UnknownPhoto, BadMood, Invalid:
    """
    known_at = recorded_at or at
    row = locked(visit)
    must_be_on_team(row, by)
    key = key[:80]
    if key and (row.finish_key == key or row.rivals.filter(key=key).exists()):
        return row
    not_ahead(at, known_at)
    if row.state == Visit.State.CANCELLED:
        raise VisitOver(_("这次走访已取消，不能再填报。"))
    if row.begun_at is None:
        raise NotBegun(_("请先点“开始走访”，再填报。"))
    if at < row.begun_at:
        raise BeforeItBegan(_("完成时间不能早于开始时间。"), field="at")
    report = read_report(
        row, answers=answers, version=checklist_version, note=note, mood=mood, photos=photos, by=by,
        signature=signature,
    )  # fmt: skip
    read_place(place)
    if row.state == Visit.State.DONE:
        return _keep_rival(row, report, by=by, at=at, known_at=known_at, key=key)
    row.state, row.finished_at, row.finish_key = Visit.State.DONE, at, key
    row.finished_by, row.recorded_at = by, known_at
    row.marks = [*row.marks, *report.marks, *_time_marks(row, at, known_at), *_mood_marks(mood, at)]
    store_report(row, report, by=by, at=at)
    note_change(row, "done", _("完成走访"), by=by, at=at, recorded_at=known_at)
    return row


def read_report(
    row: Visit, *, answers: Mapping[str, Mapping[str, Any]], version: int | None, note: str,
    mood: str, photos: Sequence[Any], by: User | None, signature: Any = None,
) -> Report:  # fmt: skip
    """Return what was handed in, judged; `by` None takes anybody's photos (a decision on rivals)."""
    if mood not in Visit.Mood.values:
        raise BadMood(_("请选择居民情绪。"), field="mood")
    checklist = version_of(row, version)
    items = list(checklist.items.order_by("number", "pk")) if checklist else []
    known = {item.code for item in items}
    for code in answers:
        if code not in known:
            raise UnknownItem(
                _("清单里没有“%s”这一项。") % str(code)[:40],
                field=str(code)[:40],
                remedy=_("请更新清单后再填报；原来填的内容还在手机上。"),
            )
    wanted = [one for said in answers.values() for one in said.get("photos") or ()]
    held = _photos([*wanted, *photos, *([signature] if signature else [])], by)
    marks = []
    if checklist and row.checklist and checklist.pk != row.checklist_id:
        marks.append(
            {"code": "old_checklist", "version": checklist.version, "now": row.checklist.version}
        )
    return Report(
        checklist=checklist,
        answers=_judged(items, answers, held),
        note=clean_text(note, limit=4000, field_label=_("走访记录"), multiline=True),
        mood=mood,
        photos=[held[str(_pk(one))] for one in photos],
        signature=held[str(_pk(signature))] if signature else None,
        marks=marks,
    )


def version_of(row: Visit, version: int | None) -> Checklist | None:
    """Return the version that was filled in: the visit's own unless another of the same is named.

    :raises UnknownVersion:
    """
    own = row.checklist
    if own is None or version is None or version == own.version:
        return own
    rows = Checklist.objects.published().filter(code=own.code, version=version)
    found = rows.first()
    if found is None:
        raise UnknownVersion(
            _("没有第 %s 版的“%s”。") % (version, own.name),
            field="checklist_version",
            remedy=_("请更新清单后再填报。"),
        )
    return found


def _judged(
    items: list[Item], answers: Mapping[str, Mapping[str, Any]], held: Mapping[str, Photo]
) -> list[Given]:
    values = {
        item.code: asking.read_answer(item, answers[item.code].get("value"))
        for item in items
        if item.code in answers
    }
    found = []
    for item in asking.asked_items(items, values):
        said = answers.get(item.code, {})
        value = values.get(item.code)
        pictures = [held[str(_pk(one))] for one in said.get("photos") or ()]
        bad = asking.is_bad(item, value)
        _complete(item, value, pictures, bad)
        note = clean_text(
            said.get("note") or "", limit=500, field_label=item.text[:30], multiline=True
        )
        if value is not None or pictures or note:
            score = asking.score_of(item, value)
            found.append(Given(item, value, note, pictures, bad, score))
    return found


def _complete(item: Item, value: Any, pictures: list[Photo], bad: bool) -> None:
    answered = bool(pictures) if item.type == Item.Type.PHOTO else value is not None
    if item.required and not answered:
        raise MissingAnswer(_("请填写第 %(n)s 项“%(item)s”。") % _words(item), field=item.code)
    needed = item.needs_photo == Item.Photos.ALWAYS and answered
    needed |= item.needs_photo == Item.Photos.WHEN_BAD and bad
    if needed and not pictures:
        raise MissingPhoto(_("第 %(n)s 项“%(item)s”要拍照片。") % _words(item), field=item.code)


def _words(item: Item) -> dict[str, Any]:
    return {"n": item.number, "item": item.text}


def _pk(photo: Any) -> Any:
    return photo.pk if isinstance(photo, Photo) else photo


def _photos(wanted: Sequence[Any], by: User | None) -> dict[str, Photo]:
    ids = {str(_pk(one)) for one in wanted}
    if len(ids) > MOST_PHOTOS * 5 or not all(_is_uuid(one) for one in ids):
        raise UnknownPhoto(_("照片编号不对，请重新上传照片。"), field="photos")
    rows = Photo.objects.filter(pk__in=ids)
    if by is not None:
        rows = rows.filter(uploaded_by=by)
    found = {str(photo.pk): photo for photo in rows}
    if len(found) < len(ids):
        raise UnknownPhoto(
            _("有 %d 张照片还没有传上来，或不是您上传的。") % (len(ids) - len(found)),
            field="photos",
            remedy=_("请先上传照片。"),
        )
    return found


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _time_marks(row: Visit, at: datetime, known_at: datetime) -> list[dict[str, Any]]:
    norms, found = norms_on(localdate(at)), []
    if row.begun_at and "short_min" in norms:
        stayed = at - row.begun_at
        if stayed < timedelta(minutes=norms["short_min"]):
            found.append({"code": "short", "minutes": int(stayed.total_seconds() // 60)})
    if "late_sent_h" in norms and known_at - at > timedelta(hours=norms["late_sent_h"]):
        hours = int((known_at - at).total_seconds() // 3600)
        found.append({"code": "late_sent", "hours": hours})
    return found


def _mood_marks(mood: str, at: datetime) -> list[dict[str, Any]]:
    """Suggest to go again where somebody was angry (S4.35, S4.40); whether, a person decides."""
    days = norms_on(localdate(at)).get("revisit_days")
    if mood != Visit.Mood.ANGRY or days is None:
        return []
    return [{"code": "revisit", "by": (localdate(at) + timedelta(days=days)).isoformat()}]


def store_report(row: Visit, report: Report, *, by: User, at: datetime) -> None:
    """Write a report as the one that stands, in place of what stood, and make its findings."""
    row.answers.all().delete()
    row.photos.exclude(slot="note").delete()  # what was added afterwards is no part of a report
    if report.checklist is not None:
        row.checklist = report.checklist
    row.note, row.mood = report.note, report.mood
    row.bad_count = sum(one.is_bad for one in report.answers)
    scored = [one for one in report.answers if one.score is not None]
    row.score = sum((one.score for one in scored if one.score is not None), Decimal(0)) if scored else None  # fmt: skip
    row.max_score = sum((one.item.max_score for one in scored), Decimal(0)) if scored else None
    row.save()
    kept = Answer.objects.bulk_create(
        Answer(visit=row, item=one.item, value=one.value, note=one.note, is_bad=one.is_bad,
               score=one.score)
        for one in report.answers
    )  # fmt: skip
    AnswerPhoto.objects.bulk_create(
        AnswerPhoto(answer=answer, photo=photo, order=n)
        for answer, one in zip(kept, report.answers, strict=True)
        for n, photo in enumerate(one.photos)
    )
    VisitPhoto.objects.bulk_create(
        VisitPhoto(visit=row, photo=photo, order=n) for n, photo in enumerate(report.photos)
    )
    if report.signature is not None:
        VisitPhoto.objects.create(visit=row, photo=report.signature, slot=SIGNED)
    for photo in {p.pk: p for p in [*report.photos, *_of_answers(report)]}.values():
        compare_photo(photo, at=at, lng=row.check_lng, lat=row.check_lat)
    make_findings(row, report, by=by, at=at)


def _of_answers(report: Report) -> list[Photo]:
    return [photo for one in report.answers for photo in one.photos]


def make_findings(row: Visit, report: Report, *, by: User, at: datetime) -> None:
    """Register every bad answer whose item names a kind of finding; once for a visit and item."""
    bad = [one for one in report.answers if one.is_bad and one.item.finding_kind]
    if not bad:
        return
    known = finding_kinds()
    # A second report that stands in place of the first finds much of the same.
    made = set(findings_of(row).values_list("key", flat=True))
    units = [(row.visited, row.visited.name, "main")] if row.visited else []
    for one in bad:
        key = f"visit:{row.pk}:{one.item.code}"
        if any(before and before.endswith(key) for before in made):
            continue
        said = asking.value_in_words(one.item, one.value)
        text = f"{one.item.text}：{said}" + (f"。{one.note}" if one.note else "")
        kind = one.item.finding_kind if one.item.finding_kind in known else ""
        record_finding(
            region=row.region, text=text, kind=kind, units=units, found_at=at, by=by, at=at,
            source=source_of(row), site=row.place_name, lng=row.check_lng or row.lng,
            lat=row.check_lat or row.lat, photos=one.photos, key=key,
        )  # fmt: skip


def source_of(row: Visit) -> tuple[str, str, str, str]:
    """Return what a finding says of the visit it came from."""
    url = reverse("fieldwork:visit", args=[row.pk])
    return "visit", str(row.pk), f"{row.number} {row.title}"[:120], url


def _keep_rival(
    row: Visit, report: Report, *, by: User, at: datetime, known_at: datetime, key: str
) -> Visit:
    rival = RivalAnswers.objects.create(
        visit=row, payload=report.as_json(), by=by, at=at, recorded_at=known_at, key=key
    )
    row.marks = [*[one for one in row.marks if one["code"] != "rival"], {"code": "rival"}]
    row.save(update_fields=["marks"])
    note_change(row, "rival", _("又收到一份填报，已保留"), by=by, at=at, recorded_at=known_at)
    tell(
        users=[user for user in (row.finished_by, row.made_by) if user and user != by],
        title=_("一次走访有两份填报"), text=row.title, at=known_at,
        url=reverse("fieldwork:visit", args=[row.pk]),
        key=f"fieldwork.rival:{rival.pk}",
    )  # fmt: skip
    return row
