"""Tables of programmes, schedules, targets, benchmarks, promises and hard problems."""

from .benchmarks import BenchmarkCheck, BenchmarkProject, Exemplar, Pairing
from .common import Field
from .problems import HardProblem, ProblemKind, ProblemReview, ProblemStep
from .programmes import Node, Programme, ProgrammeKind, Task, TaskPart, TaskReport
from .promises import Demonstration, DutyItem, DutyList, DutyTick, Promise
from .schedules import Schedule, ScheduleTemplate, Stage, StageSlip
from .targets import Target, TargetFigure

__all__ = [
    "BenchmarkCheck",
    "BenchmarkProject",
    "Demonstration",
    "DutyItem",
    "DutyList",
    "DutyTick",
    "Exemplar",
    "Field",
    "HardProblem",
    "Node",
    "Pairing",
    "ProblemKind",
    "ProblemReview",
    "ProblemStep",
    "Programme",
    "ProgrammeKind",
    "Promise",
    "Schedule",
    "ScheduleTemplate",
    "Stage",
    "StageSlip",
    "Target",
    "TargetFigure",
    "Task",
    "TaskPart",
    "TaskReport",
]
