"""A visit as a page shows it: answers in words, a second report beside the first, its history."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.urls import reverse

from ..models import (
    Answer,
    AnswerPhoto,
    Item,
    RivalAnswers,
    Visit,
    VisitMatter,
    VisitPhoto,
    VisitWorker,
)
from .asking import value_in_words

ICONS = {
    "planned": "calendar-plus", "begun": "map-pin-check", "done": "check", "rival": "copy",
    "decided": "gavel", "cancelled": "x", "missed": "calendar-x", "reopened": "arrow-back-up",
    "team": "users", "announced": "speakerphone",
}  # fmt: skip
TONES = {"done": "done", "missed": "late", "cancelled": "idle", "rival": "waiting"}


def with_whole(rows: QuerySet[Visit]) -> QuerySet[Visit]:
    """Return visits with their team, and what of the rest there is: has_rivals, has_photos, has_matters.

    Most visits have neither a second report nor matters: they need not be asked for.
    """
    team = VisitWorker.objects.select_related("user").order_by("pk")
    own = {"visit": OuterRef("pk")}
    return rows.prefetch_related(Prefetch("team", team)).annotate(
        has_rivals=Exists(RivalAnswers.objects.filter(**own)),
        has_photos=Exists(VisitPhoto.objects.filter(**own)),
        has_matters=Exists(VisitMatter.objects.filter(**own)),
    )


def read_answers(visit: Visit) -> list[dict[str, Any]]:
    """Return the answers in the order of the checklist, each with its photos."""
    rows = visit.answers.select_related("item").prefetch_related(
        Prefetch("photos", AnswerPhoto.objects.select_related("photo"))
    )
    return [_answer(row, visit.title) for row in rows.order_by("item__number", "pk")]


def _answer(row: Answer, alt: str) -> dict[str, Any]:
    return {
        "item": row.item,
        "words": value_in_words(row.item, row.value),
        "note": row.note,
        "is_bad": row.is_bad,
        "photos": [_photo(one.photo, alt) for one in row.photos.all()],
    }


def _photo(photo: Any, alt: str) -> dict[str, str]:
    warnings = photo.warnings
    return {
        "thumb": reverse("photos:thumb", args=[photo.pk]),
        "url": reverse("photos:file", args=[photo.pk]),
        "alt": alt,
        "kind": warnings[0] if warnings else "",
    }


def read_rival(visit: Visit, rival: RivalAnswers) -> dict[str, Any]:
    """Return a second report beside the one that stands: only the answers that differ."""
    said = rival.payload["answers"]
    codes = list(said)
    items = {
        item.code: item
        for item in Item.objects.filter(
            checklist__code=visit.checklist.code if visit.checklist else "",
            checklist__version=rival.payload["checklist"],
            code__in=codes,
        )
    }
    stands = {one.item.code: one for one in visit.answers.select_related("item")}
    differs = []
    for code, item in sorted(items.items(), key=lambda pair: pair[1].number):
        first = stands.get(code)
        mine = value_in_words(item, first.value) if first else ""
        theirs = value_in_words(item, said[code]["value"])
        if mine != theirs:
            differs.append({"item": item, "first": mine, "second": theirs})
    return {"rival": rival, "differs": differs, "note": rival.payload["note"]}


def history_of(visit: Visit) -> list[dict[str, Any]]:
    """Return what happened to a visit, as the timeline shows it."""
    return [
        {
            "what": one.text,
            "who": str(one.by) if one.by else "",
            "at": one.at,
            "icon": ICONS.get(one.kind, "point"),
            "tone": TONES.get(one.kind, ""),
        }
        for one in visit.changes.select_related("by").order_by("pk")
    ]
