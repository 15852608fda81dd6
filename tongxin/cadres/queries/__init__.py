"""Every read of cadres that others may use, gathered from the files of this folder."""

from .rules import NoRule, criteria_on, rule_on

__all__ = ["NoRule", "criteria_on", "rule_on"]
