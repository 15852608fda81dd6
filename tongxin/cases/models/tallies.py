"""How many cases stand where."""

from __future__ import annotations

from django.db import models


class Tally(models.Model):
    """How many cases stand where: counted by the worker, exact together with the uncounted ones.

    `path` is a region's path, `parent_path` its parent's. `span` is "m" (month) or "d" (day) and
    `start` its first day, of the day the case was opened. `dim` is "s" (key "step|late") or
    "t" (key topic id).
    """

    path = models.CharField(max_length=40)
    parent_path = models.CharField(max_length=40)
    kind = models.CharField(max_length=20)
    span = models.CharField(max_length=1)
    start = models.DateField()
    dim = models.CharField(max_length=1)
    key = models.CharField(max_length=24)
    n = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["path", "span", "dim", "start", "kind", "key"], name="one_tally"
            )
        ]
        indexes = [
            models.Index(fields=["parent_path", "span", "dim", "start"], name="tally_children")
        ]
