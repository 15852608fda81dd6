"""After a new sealing key: everything sealed with an older one is sealed anew, table by table.

Sealed text is known by its look, wherever it stands: a whole text field, or a string inside JSON.
What is done drops out of the search, so that a run that broke off is simply begun again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast

from tongxin.kit.seal import SealBroken, Sealer

from ..queries import sealer
from .auditing import audit

BATCH = 200
LEAST_LENGTH = 60  # a token is never shorter: a field that holds less holds none
MOST_NAMED = 20  # broken ones that are named one by one
TOKEN = re.compile(r"s1\.[0-9a-f]{8}\.[A-Za-z0-9_=-]{24,}", re.ASCII)
JSON = "json_of_"

Progress = Callable[[int, int], None]


@dataclass
class Resealed:
    """What a run did: how many texts it sealed anew, and which it could not open."""

    done: int = 0
    n_broken: int = 0
    broken: list[str] = field(default_factory=list)  # "accounts.User 7 phone_sealed"

    def note(self, where: str) -> None:
        self.n_broken += 1
        if len(self.broken) < MOST_NAMED:
            self.broken.append(where)


@dataclass(frozen=True)
class Place:
    """A table with the columns in which sealed text may stand."""

    model: type[models.Model]
    texts: tuple[str, ...]
    jsons: tuple[str, ...]

    def rows(self, head: str) -> models.QuerySet:
        """Return the rows with text that begins as sealed text does, but not with `head`."""
        found = Q(pk__in=[])
        for name in self.texts:
            found |= Q(**{f"{name}__startswith": "s1."}) & ~Q(**{f"{name}__startswith": head})
        for name in self.jsons:
            found |= Q(**{f"{JSON}{name}__contains": '"s1.'})
        casts: dict[str, Any] = {f"{JSON}{name}": Cast(name, TextField()) for name in self.jsons}
        return self.model._base_manager.annotate(**casts).filter(found)


def places() -> list[Place]:
    """Return every table that may hold sealed text. What is chained by hashes is never touched."""
    found = []
    for model in apps.get_models():
        columns = {one.name: one for one in model._meta.local_fields}
        if not model._meta.managed or model._meta.proxy or "hash" in columns:
            continue
        texts = tuple(name for name, one in columns.items() if _may_hold(one))
        jsons = tuple(name for name, one in columns.items() if isinstance(one, models.JSONField))
        if texts or jsons:
            found.append(Place(model, texts, jsons))
    return found


def _may_hold(column: models.Field) -> bool:
    if isinstance(column, models.TextField):
        return True
    return type(column) is models.CharField and (column.max_length or LEAST_LENGTH) >= LEAST_LENGTH


def count_old() -> int:
    """Return how many rows still need an older key: at 0 it can be taken out of the settings."""
    box = sealer()
    return sum(
        1
        for place in places()
        for row in place.rows(box.head).values(*place.texts, *place.jsons).iterator(BATCH)
        if any(box.needs_resealing(token) for value in row.values() for token in _tokens(value))
    )


def _tokens(value: Any) -> Iterator[str]:
    """Yield the sealed texts in a value: itself, or strings anywhere inside JSON."""
    if isinstance(value, str):
        if TOKEN.fullmatch(value):
            yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _tokens(one)


def reseal(*, at: datetime, batch: int = BATCH, progress: Progress | None = None) -> Resealed:
    """Seal everything anew that was sealed with an older key; safe beside a running system.

    Each batch is a transaction of its own, its rows locked: what people write meanwhile is not
    lost. `progress(done, total)` counts rows.
    """
    told, box, here, seen = Resealed(), sealer(), places(), 0
    total = sum(place.rows(box.head).count() for place in here)
    for place in here:
        last: Any = None
        while True:
            keys = _reseal_batch(place, box, last, batch, told)
            if not keys:
                break
            last, seen = keys[-1], seen + len(keys)
            if progress:
                progress(seen, max(total, seen))
    audit(
        actor=None, action="seal.reseal", at=at,
        detail={"done": told.done, "broken": told.n_broken},
    )  # fmt: skip
    return told


@transaction.atomic
def _reseal_batch(place: Place, box: Sealer, last: Any, batch: int, told: Resealed) -> list[Any]:
    """Seal the next rows of a table anew; return the keys of those that were looked at."""
    rows = place.rows(box.head)
    if last is not None:
        rows = rows.filter(pk__gt=last)
    rows = rows.select_for_update(of=("self",)).order_by("pk")
    found = list(rows.values("pk", *place.texts, *place.jsons)[:batch])
    for row in found:
        fresh = {}
        for name in (*place.texts, *place.jsons):
            where = f"{place.model._meta.label} {row['pk']} {name}"
            value = _resealed(row[name], box, told, where)
            if value != row[name]:
                fresh[name] = value
        if fresh:
            place.model._base_manager.filter(pk=row["pk"]).update(**fresh)
    return [row["pk"] for row in found]


def _resealed(value: Any, box: Sealer, told: Resealed, where: str) -> Any:
    if isinstance(value, dict):
        return {name: _resealed(one, box, told, where) for name, one in value.items()}
    if isinstance(value, list):
        return [_resealed(one, box, told, where) for one in value]
    if not (isinstance(value, str) and TOKEN.fullmatch(value) and box.needs_resealing(value)):
        return value
    try:
        fresh = box.seal(box.open(value))
    except SealBroken:
        told.note(where)
        return value
    told.done += 1
    return fresh
