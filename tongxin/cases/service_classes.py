"""五心服务 (S4.29): the five classes of service as data, and their names where a topic carries one."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path

from django.utils.translation import gettext as _

from .models import ServiceClass

SAMPLE = Path(__file__).parent / "data" / "service_classes.csv"
ANY, NONE = "any", "none"  # words of addresses, never codes of a class
UNCLASSED = ""  # what a topic carries that belongs to none
CLASS_SECONDS = 30  # how long another process may still use a name as it was before a change


@cache
def sample_classes() -> tuple[Mapping[str, str], ...]:
    """Return the rows of the shipped sample: the names as published, the rest composed here."""
    with SAMPLE.open(encoding="utf-8-sig", newline="") as file:
        return tuple(csv.DictReader(file))


def sampled(row: Mapping[str, str]) -> ServiceClass:
    """Return a row of the sample as a wording that is not saved."""
    return ServiceClass(
        code=row["code"],
        name=row["name"],
        text=row["text"],
        order=int(row["order"]),
        effective_from=date.fromisoformat(row["effective_from"]),
        source=row["source"],
        is_sample=row["is_sample"] == "1",
    )


def classes_on(day: date | None = None) -> list[ServiceClass]:
    """Return the wording of each class in force on a day (None: the newest), in order. One query.

    A house that has written none down has the sample.
    """
    rows = list(ServiceClass.objects.order_by("effective_from", "pk"))
    rows = rows or [sampled(row) for row in sample_classes()]
    found = {one.code: one for one in rows if day is None or one.effective_from <= day}
    return sorted(found.values(), key=lambda one: (one.order, one.code))


class ClassNames(Mapping[str, str]):
    """The codes a topic may carry, each with its name; "" is none of them.

    Out of this process's memory, as topics are: a sheet asks for every row of it.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._until = 0.0

    def _all(self) -> dict[str, str]:
        if self._until < time.monotonic():
            self._names = {one.code: one.name for one in classes_on()}
            self._until = time.monotonic() + CLASS_SECONDS
        return {UNCLASSED: _("未归类")} | self._names

    def forget(self) -> None:
        self._until = 0.0

    def __getitem__(self, code: str) -> str:
        return self._all()[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


CLASS_NAMES = ClassNames()
