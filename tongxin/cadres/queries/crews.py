"""The mix of a crew, judged in sentences; everything that meets in one grid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from ..models import CrewMember


@dataclass(frozen=True)
class Mix:
    """How many of each kind a crew has, how many it must have, and what is lacking, in words."""

    counts: list[tuple[str, str, int, int]]  # kind, label, has, needs
    lacking: list[str]

    @property
    def is_right(self) -> bool:
        return not self.lacking


def mix_of(members: Iterable[CrewMember], rule: Mapping[str, int]) -> Mix:
    """Judge a crew by the rule of the mix: {kind: least number}."""
    has = Counter(member.kind for member in members)
    counts = [
        (kind, str(label), has[kind], int(rule.get(kind, 0)))
        for kind, label in CrewMember.Kind.choices
    ]
    lacking = [
        _("还缺 %(n)d 名%(kind)s（至少 %(least)d 名）")
        % {"n": least - number, "kind": label, "least": least}
        for _kind, label, number, least in counts
        if number < least
    ]
    return Mix(counts, lacking)
