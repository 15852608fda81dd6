"""Simulations are asked for on a page and computed by the worker, one run of one mode at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, TooMany
from tongxin.orgs.scope import roles_over
from tongxin.regions.models import Region

from ..models import LOOKS, Simulation
from ..queries.weights import weights_on
from ..simulating import Assumptions, Town, answers, sample_shape

LIMITS = {
    "orders": (500, 50_000),
    "volunteers": (50, 24_000),
    "slot_share": (0.05, 1.0),
    "says_yes": (0.1, 1.0),
    "norm_min": (60, 10_080),
    "batch_hours": (0.5, 12),
    "seeds": (1, 5),
}
MOST_WAITING = 3
LOST = timedelta(minutes=30)  # a run whose worker died is taken up again


def ask_simulation(
    *, region: Region, question: Mapping[str, float], at: datetime, by: User
) -> Simulation:
    """Ask for a simulation with some assumptions of one's own (LIMITS); the worker computes it.

    :raises NotPermitted: unless the actor overlooks the district
    :raises Invalid: for an assumption out of its limits
    :raises TooMany: while three of the district are not finished
    """
    if not roles_over(by, region.path) & set(LOOKS):
        raise NotPermitted(_("只有本区的派单人员和负责人可以做模拟。"))
    for name, (least, most) in LIMITS.items():
        if not least <= question.get(name, least) <= most:
            words = _("应在 %(least)g 到 %(most)g 之间。") % {"least": least, "most": most}
            raise Invalid(words, field=name)
    unfinished = Simulation.objects.filter(region=region, state__in=["waiting", "running"])
    if unfinished.count() >= MOST_WAITING:
        raise TooMany(_("本区已有 %d 个模拟在等，请等算完再提。") % MOST_WAITING)
    asked = {name: question[name] for name in LIMITS if name in question}
    return Simulation.objects.create(region=region, question=asked, at=at, by=by)


def simulations_due(*, at: datetime, limit: int = 1) -> int:
    """Replay one mode of one seed for each of `limit` simulations; return how many runs were done.

    Workers take turns: a simulation in another's hands is passed over.
    """
    done = 0
    for _turn in range(limit):
        claimed = _claim(at)
        if claimed is None:
            break
        try:
            _one_run(claimed, at)
        except Exception:
            Simulation.objects.filter(pk=claimed.pk).update(
                state=Simulation.State.FAILED, said=_("计算出错，请联系管理员查看日志。")
            )
            raise
        done += 1
    return done


@transaction.atomic
def _claim(at: datetime) -> Simulation | None:
    free = Q(started_at=None) | Q(started_at__lt=at - LOST)
    rows = Simulation.objects.filter(free, state__in=["waiting", "running"]).order_by("id")
    found = rows.select_related("region").defer("region__polygon").first()
    if found is None:
        return None
    took = Simulation.objects.filter(free, pk=found.pk).update(
        started_at=at, state=Simulation.State.RUNNING
    )
    return found if took else None


def _one_run(simulation: Simulation, at: datetime) -> None:
    question = simulation.question
    given, shape = assumptions_of(question), sample_shape()
    found = simulation.answer or answers.begun(
        given, seeds=list(range(1, int(question.get("seeds", 1)) + 1)), shape=shape
    )
    weights = weights_on(simulation.region.path, simulation.at.date())
    numbers = {**weights.of, "far_m": weights.far_m}
    if (step := answers.next_run(found)) is not None:
        seed, mode = step
        answers.go_on(found, Town(given, shape, seed), mode, weights=numbers)
    whole = answers.next_run(found) is None
    with transaction.atomic():
        Simulation.objects.filter(pk=simulation.pk).update(
            answer=found,
            started_at=None,
            state=Simulation.State.DONE if whole else Simulation.State.RUNNING,
        )
        if whole:
            tell(
                users=[simulation.by],
                title=_("派单模拟已算完"),
                text=str(simulation.region),
                url=f"/dispatching/simulations/{simulation.pk}/",
                key=f"simulation-{simulation.pk}",
                at=at,
            )


def assumptions_of(question: dict[str, float]) -> Assumptions:
    """Return the assumptions of a question: about eighty volunteers to a community."""
    orders, people = int(question.get("orders", 20_000)), int(question.get("volunteers", 2400))
    return answers.given_of(
        question | {"orders": orders, "volunteers": people, "cells": max(people // 80, 5)}
    )
