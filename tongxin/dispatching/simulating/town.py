"""The random world of a replay: where people live, what they can, when they have time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrivals import Shape

NEAREST = 100  # people of a cell and skill who can be asked
DAY = 1440
# The parts of a day in which people have time or not: minutes from, until.
SLOTS = ((480, 720), (720, 1080), (1080, 1320))
NO_SKILL = 0
MANY_TRIES = 12


@dataclass(frozen=True)
class Assumptions:
    """Every number that is assumed and not known. Printed with each result."""

    orders: int = 197_000  # of the article (S0.58)
    volunteers: int = 24_000  # of the article (S0.59)
    cells: int = 300  # communities
    town_km: float = 12.0  # spread of the communities around the middle
    cell_km: float = 0.8  # spread of homes around the middle of a community
    skills: int = 8  # special skills there are
    skilled_share: float = 0.35  # of orders that ask for one
    slot_share: float = 0.3  # of the 21 parts of a week in which a volunteer has time
    says_yes: float = 0.8  # of those asked who accept
    answer_min: float = 30.0  # minutes until an answer, at most; silence is a no
    desk_min: float = 10.0  # minutes until a desk has given an order away
    desk_from: int = 480  # minutes of the day in which a desk works
    desk_until: int = 1200
    looks_a_day: float = 2.0  # times a volunteer opens the hall on a day with time
    activity_sigma: float = 1.0  # how unequal volunteers are in looking (log-normal)
    reach_km: float = 3.0  # beyond it a grab gets rarer by 1/e
    work_min: float = 60.0  # median of the work itself
    speed_kmh: float = 15.0
    norm_min: float = 1440.0  # minutes until somebody must have begun; later is late
    give_up_days: float = 7.0  # then the order goes to a unit: not served by volunteers
    batch_hours: float = 2.0


class Town:
    """People, orders and ways; the same for every mode of one seed."""

    def __init__(self, given: Assumptions, shape: Shape, seed: int) -> None:
        self.given, self.seed = given, seed
        dice = np.random.default_rng([seed, 1])
        centres = dice.normal(0, given.town_km / 2, (given.cells, 2))
        size = dice.lognormal(0, 0.5, given.cells)
        share = size / size.sum()
        cell = dice.choice(given.cells, given.volunteers, p=share)
        homes = centres[cell] + dice.normal(0, given.cell_km, (given.volunteers, 2))
        self.skills = np.zeros((given.volunteers, given.skills + 1), bool)
        self.skills[:, NO_SKILL] = True
        for _turn in range(2):
            has = dice.integers(1, given.skills + 1, given.volunteers)
            self.skills[np.arange(given.volunteers), has] = True
        self.cap = dice.integers(1, 4, given.volunteers)
        self.free = dice.random((given.volunteers, 7, len(SLOTS))) < given.slot_share
        self.free[np.arange(given.volunteers), dice.integers(0, 7, given.volunteers), 1] = True
        self.weeks = self.free.tolist()  # the same, for looking up one part of one person's week
        self.activity = dice.lognormal(0, given.activity_sigma, given.volunteers)
        self.activity /= self.activity.mean()
        self._orders(dice, share, shape)
        self._near(centres, homes)
        self.first_day = 2  # 2025-01-01 was a Wednesday

    def _orders(self, dice: np.random.Generator, share: np.ndarray, shape: Shape) -> None:
        given, many = self.given, self.given.orders
        self.at = shape.draw(many, dice)
        self.cell = dice.choice(given.cells, many, p=share)
        asks = dice.random(many) < given.skilled_share
        self.skill = np.where(asks, dice.integers(1, given.skills + 1, many), NO_SKILL)
        self.work = np.clip(dice.lognormal(np.log(given.work_min), 0.5, many), 10, 480)
        self.says_yes = dice.random((many, MANY_TRIES)) < given.says_yes
        self.answers = dice.random((many, MANY_TRIES)) * given.answer_min

    def _near(self, centres: np.ndarray, homes: np.ndarray) -> None:
        """Note, for each community and skill, the nearest people and their ways in km."""
        from scipy.spatial import cKDTree  # heavy: not when the module is imported

        self.near: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}
        for skill in range(self.given.skills + 1):
            able = np.flatnonzero(self.skills[:, skill])
            if not len(able):
                continue
            many = min(NEAREST, len(able))
            way, found = cKDTree(homes[able]).query(centres, k=range(1, many + 1))
            for cell in range(len(centres)):
                self.near[cell, skill] = able[found[cell]], way[cell]

        # The same as one table, to look at many orders at once: people, ways, how many there are.
        kinds = self.given.skills + 1
        keys = [(cell, skill) for cell in range(len(centres)) for skill in range(kinds)]
        self.near_row = np.arange(len(keys)).reshape(len(centres), kinds)
        nobody = np.zeros(0, np.int64), np.zeros(0)
        who = np.zeros((len(keys), NEAREST), np.int64)
        way, lengths = np.zeros((len(keys), NEAREST)), np.zeros(len(keys), np.int64)
        for row, key in enumerate(keys):
            found, km = self.near.get(key, nobody)
            lengths[row] = len(found)
            who[row, : len(found)], way[row, : len(found)] = found, km
        self.near_table = who, way, lengths

    def when_free(self, who: int, moment: float) -> float:
        """Return the first moment from `moment` on at which somebody has time."""
        day, week = int(moment // DAY), self.weeks[who]
        for ahead in range(9):
            today = week[(day + ahead + self.first_day) % 7]
            for slot, (begin, end) in enumerate(SLOTS):
                if today[slot] and (day + ahead) * DAY + end > moment:
                    return max(moment, (day + ahead) * DAY + begin)
        return moment + 7 * DAY

    def wait_days(self, who: np.ndarray, moment: float) -> np.ndarray:
        """Return for several people the days until they next have time, at most seven."""
        week = self._waits
        weekday = int(moment // DAY + self.first_day) % 7
        return week[who, weekday * 4 + part_of(moment % DAY)]

    @property
    def _waits(self) -> np.ndarray:
        """For each person and each quarter of the week: the days until a part with time."""
        if not hasattr(self, "_known_waits"):
            # Four parts of a day: until 12, until 18, until 22, the night after.
            padded = np.concatenate([self.free, np.zeros((len(self.free), 7, 1), bool)], axis=2)
            flat = padded.reshape(len(self.free), 28)
            waits = np.full(flat.shape, 7.0, np.float32)
            for ahead in range(27, -1, -1):
                hit = np.roll(flat, -ahead, axis=1)
                waits[hit] = ahead / 4
            self._known_waits = waits
        return self._known_waits


def part_of(minute: float) -> int:
    """Return which quarter of the day a minute lies in: 0 to noon, 1 to 18, 2 to 22, 3 night."""
    return 0 if minute < 720 else 1 if minute < 1080 else 2 if minute < 1320 else 3
