"""Every write of visits: checklists, plans, visits, their reports."""

from .common import FromTheFuture, NotOnTeam, NotYourLand, VisitOver
from .finishing import (
    BadMood,
    BeforeItBegan,
    MissingAnswer,
    MissingPhoto,
    NotBegun,
    UnknownItem,
    UnknownPhoto,
    UnknownVersion,
    finish_visit,
)
from .rivals import AlreadyDecided, decide_rival
from .visits import (
    BadDays,
    NobodyGoes,
    NotCheckedBy,
    TooEarly,
    begin_visit,
    cancel_visit,
    change_team,
    plan_visit,
    reopen_visit,
)

__all__ = [
    "AlreadyDecided",
    "BadDays",
    "BadMood",
    "BeforeItBegan",
    "FromTheFuture",
    "MissingAnswer",
    "MissingPhoto",
    "NobodyGoes",
    "NotBegun",
    "NotCheckedBy",
    "NotOnTeam",
    "NotYourLand",
    "TooEarly",
    "UnknownItem",
    "UnknownPhoto",
    "UnknownVersion",
    "VisitOver",
    "begin_visit",
    "cancel_visit",
    "change_team",
    "decide_rival",
    "finish_visit",
    "plan_visit",
    "reopen_visit",
]
