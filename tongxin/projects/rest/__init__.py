"""Programmes, key tasks, targets, benchmarks, promises and hard problems, for programs."""

from . import party, targets, tasks
from .router import router

__all__ = ["party", "router", "targets", "tasks"]
