"""Tables of report-in: reports, pacts, rosters, turns, posts to claim, visits, honours, the record."""

from .honours import Contest, ContestResult, DutyArea, Pledge
from .posts import PostClaim, VolunteerPost
from .record import ServiceEntry
from .reports import MemberReport, Pact, PactTask, UnitReport
from .rosters import DutyTurn, Roster, RosterPost, Slot, TurnSwap
from .rules import Kind, Rule
from .visits import ContactPoint, HouseholdVisit, Walk, WalkTarget

__all__ = [
    "ContactPoint",
    "Contest",
    "ContestResult",
    "DutyArea",
    "DutyTurn",
    "HouseholdVisit",
    "Kind",
    "MemberReport",
    "Pact",
    "PactTask",
    "Pledge",
    "PostClaim",
    "Roster",
    "RosterPost",
    "Rule",
    "ServiceEntry",
    "Slot",
    "TurnSwap",
    "UnitReport",
    "VolunteerPost",
    "Walk",
    "WalkTarget",
]
