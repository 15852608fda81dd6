"""The registers of this app that go in and out as spreadsheets."""

from .benchmarks import BenchmarkSheet
from .duties import DutyListSheet, DutyTickSheet
from .points import PointSheet
from .promises import PromiseSheet
from .tasks import KeyTaskSheet

__all__ = [
    "BenchmarkSheet",
    "DutyListSheet",
    "DutyTickSheet",
    "KeyTaskSheet",
    "PointSheet",
    "PromiseSheet",
]

SHEETS = (
    KeyTaskSheet(),
    BenchmarkSheet(),
    PromiseSheet(),
    DutyListSheet(),
    DutyTickSheet(),
    PointSheet(),
)
