"""Replays the orders of a town under one way of dispatching, event by event."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..queries import assign
from ..queries.assign import NEVER, Instance
from ..queries.weights import sample_numbers
from .town import DAY, MANY_TRIES, SLOTS, Town

GRAB, NEAREST_ONE, RULES, BATCH = "grab", "nearest", "rules", "batch"
MODES = (GRAB, NEAREST_ONE, RULES, BATCH)
MONTH_MIN = 30.0 * DAY
RETRY_MIN = 60.0  # a desk that found nobody looks again
LOAD, LATE_WORTH = 10_000, 20_000


@dataclass
class Outcome:
    """What became of every order of one run; NaN where nobody took it."""

    mode: str
    waited: np.ndarray  # minutes from filing to the beginning of the work
    way: np.ndarray  # km
    count: np.ndarray  # orders of each person
    asked: int  # times somebody was asked
    seconds: float


class Run:
    """One year under way: who holds how much, what comes next."""

    def __init__(self, town: Town, weights: dict[str, int] | None = None) -> None:
        self.town, self.given = town, town.given
        self.weights = weights or sample_numbers()
        people = town.given.volunteers
        self.held = np.zeros(people, np.int64)
        self.count = np.zeros(people, np.int64)
        self.busy_until = np.zeros(people)
        # Orders of a month, fading: an exponential mean of 30 days, kept up when it is touched.
        self.month, self.touched = np.zeros(people), np.zeros(people)
        self.tries = np.zeros(town.given.orders, np.int64)
        self.waited = np.full(town.given.orders, np.nan)
        self.way = np.full(town.given.orders, np.nan)
        self.refused: dict[int, set[int]] = {}
        self.events: list[tuple[float, int, int, int]] = []
        self.serial, self.asked = 0, 0
        self.dice = np.random.default_rng([town.seed, 2])

    def push(self, moment: float, kind: int, what: int) -> None:
        self.serial += 1
        heapq.heappush(self.events, (moment, kind, self.serial, what))

    # Who can be asked.

    def able(self, order: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the people who could take an order now, and their ways in km."""
        who, way = self.town.near.get(
            (int(self.town.cell[order]), int(self.town.skill[order])), _NONE
        )
        ok = self.held[who] < self.town.cap[who]
        for no in self.refused.get(order, ()):  # a few: quicker than a search in a set
            ok &= who != no
        return who[ok], way[ok]

    def able_of(self, orders: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return for many orders at once who could take each: rows of the orders, people, ways."""
        who, way, lengths = self.town.near_table
        rows = self.town.near_row[self.town.cell[orders], self.town.skill[orders]]
        here = who[rows]
        ok = np.arange(who.shape[1]) < lengths[rows][:, None]
        ok &= (self.held < self.town.cap)[here]
        for row, order in enumerate(orders.tolist()):
            for no in self.refused.get(order, ()):
                ok[row] &= here[row] != no
        return np.nonzero(ok)[0], here[ok], way[rows][ok]

    def give(self, order: int, who: int, way: float, moment: float) -> None:
        """Let somebody take an order: it begins when they have time and hands."""
        town = self.town
        ready = max(moment, self.busy_until[who])
        start = town.when_free(who, ready) + 60 * way / self.given.speed_kmh
        finish = start + town.work[order]
        self.busy_until[who] = finish
        self.held[who] += 1
        self.count[who] += 1
        self.month[who] = self.months_of(who, moment) + 1
        self.touched[who] = moment
        self.waited[order], self.way[order] = start - town.at[order], way
        self.push(finish, FINISH, who)

    def months_of(self, who: Any, moment: float) -> Any:
        """Return the orders of a month of one person, or of several (an array of them)."""
        return self.month[who] * np.exp((self.touched[who] - moment) / MONTH_MIN)

    def ask(self, order: int, who: int, way: float, moment: float) -> bool:
        """Ask somebody; False if they say no or nothing, which takes time."""
        turn = int(self.tries[order])
        self.tries[order] += 1
        self.asked += 1
        yes = bool(self.town.says_yes[order, turn % MANY_TRIES])
        if yes:
            answer = self.town.answers[order, turn % MANY_TRIES]
            self.give(order, who, way, moment + answer)
        else:
            self.refused.setdefault(order, set()).add(who)
        return yes

    def is_given_up(self, order: int, moment: float) -> bool:
        return moment - self.town.at[order] > self.given.give_up_days * DAY

    def desk_time(self, moment: float) -> float:
        """Return the first moment from then on at which a desk works."""
        minute = moment % DAY
        if minute < self.given.desk_from:
            return moment - minute + self.given.desk_from
        if minute >= self.given.desk_until:
            return moment - minute + DAY + self.given.desk_from
        return moment


_NONE = (np.zeros(0, np.int64), np.zeros(0))
FINISH, ORDER = 0, 1  # of two events of one moment hands become free first


def replay(
    town: Town,
    mode: str,
    *,
    weights: dict[str, int] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Outcome:
    """Replay a town's year under a mode of MODES; `weights` are those of the advice."""
    began = time.perf_counter()
    run = Run(town, weights)
    if mode == BATCH:
        _replay_batches(run, progress)
    else:
        step = {GRAB: _hall, NEAREST_ONE: _desk(_by_way), RULES: _desk(_by_rules)}[mode]
        _replay_events(run, step, progress)
    return Outcome(mode, run.waited, run.way, run.count, run.asked, time.perf_counter() - began)


def _replay_events(
    run: Run, step: Callable[[Run, int, float], None], progress: Callable[[int], None] | None
) -> None:
    """Let orders come in and hands become free, one after the other."""
    coming, orders = 0, run.given.orders
    at = run.town.at
    while coming < orders or run.events:
        if run.events and (coming == orders or run.events[0][0] <= at[coming]):
            moment, kind, _serial, what = heapq.heappop(run.events)
            if kind == FINISH:
                run.held[what] -= 1
            else:
                step(run, what, moment)
            continue
        _first(run, step, coming)
        coming += 1
        if progress and coming % 2000 == 0:
            progress(coming)


def _first(run: Run, step: Callable, order: int) -> None:
    """Have an order that has just come dealt with: at once in the hall, soon at a desk."""
    if step is _hall:
        _hang(run, order, run.town.at[order])
    else:
        run.push(run.desk_time(run.town.at[order] + run.given.desk_min), ORDER, order)


# Grab: who happens to look takes it.


def _hall(run: Run, what: int, moment: float) -> None:
    """Somebody looks at the hall (an order), or a part of the day has ended (-1 - order)."""
    if what < 0:
        _hang(run, -1 - what, moment)
        return
    who, way = run.able(what)
    rates = _looking(run, who, way, moment)
    if total := float(rates.sum()):
        chosen = int(run.dice.choice(len(who), p=rates / total))
        run.asked += 1
        run.give(what, int(who[chosen]), float(way[chosen]), moment)
    else:
        _hang(run, what, moment)


def _hang(run: Run, order: int, moment: float) -> None:
    """Draw when the next of those who have time now looks; or wait for the next part of the day."""
    if run.is_given_up(order, moment):
        return
    total = float(_looking(run, *run.able(order), moment).sum())
    wait = run.dice.exponential(1 / total) if total > 0 else np.inf
    end = _end_of_part(moment)
    if moment + wait < end:
        run.push(moment + wait, ORDER, order)
    else:
        run.push(end, ORDER, -1 - order)


def _looking(run: Run, who: np.ndarray, way: np.ndarray, moment: float) -> np.ndarray:
    """Return how often each of these people, having time now, opens the hall and takes: a minute."""
    minute, weekday = moment % DAY, int(moment // DAY + run.town.first_day) % 7
    for slot, (begin, end) in enumerate(SLOTS):
        if begin <= minute < end:
            has_time = run.town.free[who, weekday, slot]
            often = run.given.looks_a_day / (SLOTS[-1][1] - SLOTS[0][0])
            return has_time * run.town.activity[who] * often * np.exp(-way / run.given.reach_km)
    return np.zeros(len(who))


def _end_of_part(moment: float) -> float:
    minute = moment % DAY
    for begin, end in SLOTS:
        if minute < begin:
            return moment - minute + begin
        if minute < end:
            return moment - minute + end
    return moment - minute + DAY + SLOTS[0][0]


# A desk: one order after the other.


def _desk(choose: Callable[[Run, np.ndarray, np.ndarray, float], np.ndarray]):
    def step(run: Run, order: int, moment: float) -> None:
        if run.is_given_up(order, moment):
            return
        who, way = run.able(order)
        if not len(who):
            run.push(run.desk_time(moment + RETRY_MIN), ORDER, order)
            return
        best = int(choose(run, who, way, moment).argmin())
        if not run.ask(order, int(who[best]), float(way[best]), moment):
            run.push(run.desk_time(moment + run.given.answer_min), ORDER, order)

    return step


def _by_way(run: Run, who: np.ndarray, way: np.ndarray, moment: float) -> np.ndarray:
    return way


def _by_rules(run: Run, who: np.ndarray, way: np.ndarray, moment: float) -> np.ndarray:
    """Return what each lacks by the weights of the advice: way, time, hands, fairness."""
    return _pair_lacks(run, who, way, moment) + _hand_lacks(run, who, moment, run.held[who])


def _pair_lacks(run: Run, who: np.ndarray, way: np.ndarray, moment: float) -> np.ndarray:
    weight = run.weights
    far = weight["far_m"] / 1000
    days = run.town.wait_days(who, moment)
    # Time within the norm is what counts; how much later than that counts on, up to a week.
    lacks_time = np.minimum(days * DAY / run.given.norm_min, 7.0)
    return 100 * (weight["way"] * np.minimum(way / far, 4.0) + weight["time"] * lacks_time)


def _hand_lacks(run: Run, who: np.ndarray, moment: float, held: np.ndarray) -> np.ndarray:
    return _more_lacks(run, run.months_of(who, moment), run.town.cap[who], held)


def _more_lacks(run: Run, month: Any, cap: Any, held: Any, more: Any = 0) -> Any:
    """Return what each lacks in hands and fairness who takes one order beside `more` others."""
    weight = run.weights
    mean = max(2 * run.given.orders / DAYS_A_YEAR * 30 / run.given.volunteers, 2.0)
    load = (held + more) / np.maximum(cap, 1)
    fair = np.minimum((month + more) / mean, 1.0)
    return 100 * (weight["load"] * load + weight["fair"] * fair)


DAYS_A_YEAR = 365

# Batches: all that waits at once.


def _replay_batches(run: Run, progress: Callable[[int], None] | None) -> None:
    town, coming = run.town, 0
    every = run.given.batch_hours * 60
    waiting: list[int] = []
    moment = run.desk_time(float(town.at[0]) if len(town.at) else 0.0)
    while coming < run.given.orders or waiting:
        while run.events and run.events[0][0] <= moment:
            _moment, _kind, _serial, who = heapq.heappop(run.events)
            run.held[who] -= 1
        while coming < run.given.orders and town.at[coming] <= moment:
            waiting.append(coming)
            coming += 1
        waiting = [one for one in waiting if not run.is_given_up(one, moment)]
        if waiting:
            waiting = _plan(run, waiting, moment)
        if progress:
            progress(coming)
        moment = run.desk_time(moment + every)


def _plan(run: Run, waiting: list[int], moment: float) -> list[int]:
    """Give away what waits by the best plan of the moment; return what is left."""
    rows, all_who, all_way = run.able_of(np.array(waiting))
    if not len(rows):
        return waiting
    people, person = _numbered(all_who, run.given.volunteers)
    age = np.minimum((moment - run.town.at[waiting]) / DAY, 7.0)
    instance = Instance(
        order=rows,
        person=person,
        cost=np.rint(_pair_lacks(run, all_who, all_way, moment)).astype(np.int64),
        penalty=np.rint(4 * LATE_WORTH * (1 + age)).astype(np.int64),
        steps=_steps(run, people, moment),
    )
    plan = assign.solve(instance).person
    chosen = np.flatnonzero(person == plan[rows])
    way = np.zeros(len(waiting))
    way[rows[chosen]] = all_way[chosen]
    takers = np.where(plan < 0, assign.NOBODY, people[plan]).tolist()
    return [
        order
        for order, who, far in zip(waiting, takers, way.tolist(), strict=True)
        if who < 0 or not run.ask(order, who, far, moment)
    ]


def _numbered(who: np.ndarray, many: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the different people, ascending, and each entry's row among them (of `many` in all)."""
    there = np.zeros(many, bool)
    there[who] = True
    people = np.flatnonzero(there)
    row = np.empty(many, np.int64)
    row[people] = np.arange(len(people))
    return people, row[who]


def _steps(run: Run, people: np.ndarray, moment: float) -> np.ndarray:
    """Return what a first, second and third order of each lacks; NEVER beyond their hands."""
    more = np.arange(3)
    held, cap = run.held[people][:, None], run.town.cap[people][:, None]
    lacks = _more_lacks(run, run.months_of(people, moment)[:, None], cap, held, more)
    steps = np.where(cap - held > more, np.rint(lacks), NEVER).astype(np.int64)
    return np.maximum.accumulate(steps, axis=1)
