"""When orders come: the shape of the year, the week and the day."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np

SAMPLE = Path(__file__).parent.parent / "data" / "arrivals.csv"
FIRST_DAY = date(2025, 1, 1)  # of the replayed year; its weekdays are those of 2025
DAYS = 365
LEAST_ROWS = 100
FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M")


class NoTimes(ValueError):  # noqa: N818 (a file that does not fit)
    """The file has no column of times that can be read, or too few of them."""


@dataclass(frozen=True)
class Shape:
    """Shares of the months (12), the weekdays (7, from Monday) and the hours (24); each sums to 1."""

    month: np.ndarray
    weekday: np.ndarray
    hour: np.ndarray
    source: str

    def draw(self, many: int, dice: np.random.Generator) -> np.ndarray:
        """Return that many moments of the year in minutes from its first, ascending."""
        days = [FIRST_DAY + timedelta(days=n) for n in range(DAYS)]
        months = np.array([day.month - 1 for day in days])
        lengths = np.bincount(months, minlength=12)
        weight = self.month[months] / lengths[months]
        weight = weight * self.weekday[np.array([day.weekday() for day in days])]
        day = dice.choice(DAYS, many, p=weight / weight.sum())
        hour = dice.choice(24, many, p=self.hour)
        return np.sort(day * 1440 + hour * 60 + dice.random(many) * 60)


def sample_shape() -> Shape:
    """Return the shape we come with: composed by us, marked as sample."""
    parts: dict[str, dict[int, float]] = {"month": {}, "weekday": {}, "hour": {}}
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            parts[row["part"]][int(row["number"])] = float(row["weight"])
    month, weekday, hour = (
        np.array([value for _number, value in sorted(part.items())]) for part in parts.values()
    )
    return Shape(month / month.sum(), weekday / weekday.sum(), hour / hour.sum(), "sample")


def shape_of_file(path: Path) -> Shape:
    """Estimate the shape from a CSV of real messages: the first column whose values are moments.

    Months are averaged over the years the file covers only in part; each share is smoothed by one.

    :raises NoTimes: if no column holds a hundred moments
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        rows = list(reader)
    for column in range(len(header)):
        found = [at for row in rows if column < len(row) and (at := _moment(row[column]))]
        if len(found) >= max(LEAST_ROWS, len(rows) // 2):
            return _estimated(found, f"{path.name}:{header[column]}")
    raise NoTimes(path.name)


def _moment(text: str) -> datetime | None:
    for pattern in FORMATS:
        try:
            return datetime.strptime(text.strip(), pattern)  # noqa: DTZ007 (local, by the shape only)
        except ValueError:
            continue
    return None


def _estimated(moments: list[datetime], source: str) -> Shape:
    per_month: dict[tuple[int, int], int] = {}
    for at in moments:
        per_month[at.year, at.month] = per_month.get((at.year, at.month), 0) + 1
    month = np.array([
        np.mean([n for (_year, number), n in per_month.items() if number == wanted] or [0])
        for wanted in range(1, 13)
    ])  # fmt: skip
    weekday = np.bincount([at.weekday() for at in moments], minlength=7) + 1.0
    hour = np.bincount([at.hour for at in moments], minlength=24) + 1.0
    month = month + 1.0
    return Shape(month / month.sum(), weekday / weekday.sum(), hour / hour.sum(), source)
