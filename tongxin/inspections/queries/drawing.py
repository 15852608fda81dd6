"""The arithmetic of a draw (双随机): from seed, frame and pool the same result, on any machine.

Each site and each pair of site and person has a ticket: the SHA-256 of "seed|what|id" as hex. In
every stratum the lowest tickets are drawn. For each site, in the order of its own ticket, those
people are drawn who were drawn least so far, and of these the ones with the lowest tickets.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True)
class Drawn:
    """What a draw gives: (code, stratum) of the sites in order, ids of people by code of site."""

    sites: tuple[tuple[str, str], ...]
    people: dict[str, tuple[int, ...]]


def ticket(seed: str, what: str, code: str) -> str:
    return sha256(f"{seed}|{what}|{code}".encode()).hexdigest()


def draw(
    *, seed: str, frame: Sequence[tuple[str, str]], per_stratum: int, pool: Sequence[int],
    barred: Mapping[str, Mapping[str, str]], per_site: int,
) -> Drawn:  # fmt: skip
    """Draw sites and, for each, people; fewer people than wanted where too many must stay away.

    `frame` are (code, stratum); `barred` gives by code of site the ids (as text) who stay away.
    """
    strata = defaultdict(list)
    for code, stratum in frame:
        strata[stratum].append(code)
    sites = [
        (code, stratum)
        for stratum in sorted(strata)
        for code in sorted(strata[stratum], key=lambda one: ticket(seed, "site", one))[:per_stratum]
    ]
    load: Counter[int] = Counter()
    people: dict[str, tuple[int, ...]] = {}
    for code in sorted((code for code, _stratum in sites), key=lambda c: ticket(seed, "site", c)):
        away = barred.get(code, {})
        free = [pk for pk in pool if str(pk) not in away]
        free.sort(key=lambda pk: (load[pk], ticket(seed, "person", f"{code}|{pk}")))  # noqa: B023
        people[code] = tuple(free[:per_site])
        load.update(people[code])
    return Drawn(tuple(sites), people)
