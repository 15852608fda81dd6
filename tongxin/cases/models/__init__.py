"""Cases, what happened to them, what proves it; the catalogue of topics; who handles what; tallies."""

from .case import Case, CaseQuerySet, NumberCounter
from .records import Adjustment, Event, Evidence, evidence_path
from .routing import CaseRoute, RoutingRule, RoutingRuleSet
from .tallies import Tally
from .topics import ServiceClass, Topic, TopicCategory, TopicVersion

__all__ = [
    "Adjustment",
    "Case",
    "CaseQuerySet",
    "CaseRoute",
    "Event",
    "Evidence",
    "NumberCounter",
    "RoutingRule",
    "RoutingRuleSet",
    "ServiceClass",
    "Tally",
    "Topic",
    "TopicCategory",
    "TopicVersion",
    "evidence_path",
]
