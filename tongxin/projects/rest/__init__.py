"""Programmes, key tasks, targets, benchmarks, promises and hard problems, for programs."""

from . import duties, party, targets, tasks
from .router import router

__all__ = ["duties", "party", "router", "targets", "tasks"]
