"""微心愿: collected by the community, published, claimed, made true, thanked."""

from __future__ import annotations

from datetime import datetime, timedelta

from tongxin.cases.models import Case, Topic
from tongxin.regions.models import Region
from tongxin.requests.actions import collect_wish

from .pictures import photo
from .story import Do, Story, World

Planned = tuple[datetime, Do]


class WishStory(Story):
    def __init__(self, world: World, row: dict, place: Region, topic: Topic, **options) -> None:
        super().__init__(world, f"wish|{row['title']}", **options)
        self.row, self.place, self.topic = row, place, topic
        self.desk_user = self.company.one("dispatcher", place.path, self.dice)

    def open(self, at: datetime) -> Case:
        return collect_wish(
            title=self.row["title"], text=self.row["text"], wisher=self.row["wisher"],
            region=self.place, cost=int(self.row["cost"]), topic=self.topic, at=at,
            actor=self.desk_user,
        )  # fmt: skip

    def in_collected(self, case: Case, at: datetime) -> Planned:
        return self.desk(case, at, 90), lambda case, at: self.move(
            case, "publish", at, self.desk_user
        )

    def in_published(self, case: Case, at: datetime) -> Planned | None:
        near = self.company.volunteers_near(case.area, self.dice)
        if not near:
            return None
        return self.people(at, 900), lambda case, at: self.move(case, "claim", at, near[0])

    def in_claimed(self, case: Case, at: datetime) -> Planned:
        giver = self.company.users[case.holder_id or 0]
        when = at + (self.pace or timedelta(days=self.dice.randint(1, 6)))
        return self.people(when, 60), lambda case, at: self._fulfil(case, at, giver)

    def _fulfil(self, case: Case, at: datetime, giver) -> None:
        proof = [photo("1201", "after", actor=giver, at=at, dice=self.dice)]
        self.move(
            case, "fulfil", at, giver, note=self.say("fulfil"), evidence=proof,
            amount=int(self.row["cost"]) or None, minutes=self.dice.choice((30, 60, 90)),
        )  # fmt: skip

    def in_fulfilled(self, case: Case, at: datetime) -> Planned:
        return self.people(at, 500), lambda case, at: self.move(
            case, "thank", at, self.desk_user, note=self.say("thank"), stars=5
        )
