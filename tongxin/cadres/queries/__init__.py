"""Every read of cadres that others may use, gathered from the files of this folder."""

from .banner import assume_none_running, banner, forget_operations
from .rules import NoRule, criteria_on, rule_on

__all__ = [
    "NoRule",
    "assume_none_running",
    "banner",
    "criteria_on",
    "forget_operations",
    "rule_on",
]
