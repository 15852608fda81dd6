"""Rules with dates, meetings from plan to minutes, reviews, talks, study, honours, targets."""

from .honours import Medal
from .meetings import (
    LATER_THAN_PLAN,
    OF_FACT,
    Attendance,
    Correction,
    Decision,
    Meeting,
    MeetingQuerySet,
    OpenPoint,
    Photo,
    Series,
)
from .programme import CalendarFeed, ProgrammeTarget, Reminder
from .reviews import HeartTalk, Review, ReviewResult
from .rules import GATHERINGS, ONLY_GATHERINGS, Kind, MeetingRule, RuleNumber, RuleSet, Sphere, Step
from .study import (
    AppCount,
    HardTask,
    Lesson,
    LessonDone,
    StudyGroup,
    StudyHour,
    StudyPlan,
    TakeUp,
)

__all__ = [
    "GATHERINGS",
    "ONLY_GATHERINGS",
    "LATER_THAN_PLAN",
    "OF_FACT",
    "AppCount",
    "Attendance",
    "CalendarFeed",
    "Correction",
    "Decision",
    "HardTask",
    "HeartTalk",
    "Kind",
    "Lesson",
    "LessonDone",
    "Medal",
    "Meeting",
    "MeetingQuerySet",
    "MeetingRule",
    "OpenPoint",
    "Photo",
    "ProgrammeTarget",
    "Reminder",
    "Review",
    "ReviewResult",
    "RuleNumber",
    "RuleSet",
    "Series",
    "Sphere",
    "Step",
    "StudyGroup",
    "StudyHour",
    "StudyPlan",
    "TakeUp",
]
