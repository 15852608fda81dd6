"""回访: after a low rating somebody calls; what is not solved is done again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tongxin.cases.models import Case

from .story import Do, Story, World

if TYPE_CHECKING:
    from .request_story import RequestStory

TRIES_AGAIN, SOLVED = 0.25, 0.7


class FollowUpStory(Story):
    def __init__(self, world: World, case: Case, *, parent: RequestStory) -> None:
        super().__init__(world, f"{parent.scene.letter.key}|follow-up")
        self.case, self.parent = case, parent
        self.stage.note_ring(case.rings_at)

    def in_open(self, case: Case, at: datetime) -> tuple[datetime, Do]:
        if self.dice.random() < TRIES_AGAIN:
            return self.desk(case, at, 90), self._try_call
        return self.desk(case, at, 120), self._conclude

    def _try_call(self, case: Case, at: datetime) -> None:
        desk = self.company.one("dispatcher", case.area, self.dice)
        self.move(case, "try", at, desk, note=self.say("try"))

    def _conclude(self, case: Case, at: datetime) -> None:
        desk = self.company.one("dispatcher", case.area, self.dice)
        solved = self.dice.random() < SOLVED
        note = self.say("solved" if solved else "unsolved")
        self.move(case, "conclude", at, desk, reached=True, solved=solved, note=note)
        if not solved:
            self.parent.reopened(at)
