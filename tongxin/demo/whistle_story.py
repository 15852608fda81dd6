"""吹哨报到: a street calls departments to a spot; each comes, does its part, and is confirmed."""

from __future__ import annotations

from datetime import datetime, timedelta

from tongxin.accounts.models import User
from tongxin.cases.models import Case, Topic
from tongxin.orgs.models import Org
from tongxin.regions.models import Region
from tongxin.requests.actions import blow_whistle

from .pictures import photo
from .story import Do, Story, World

Planned = tuple[datetime, Do]


class WhistleStory(Story):
    def __init__(
        self, world: World, row: dict, place: Region, officer: User, topic: Topic, office: Org,
        *, stop_calls: tuple[str, ...] = (), **options,
    ) -> None:  # fmt: skip
        super().__init__(world, f"whistle|{row['title']}", **options)
        self.row, self.place, self.officer, self.topic = row, place, officer, topic
        self.office, self.stop_calls = office, stop_calls

    def open(self, at: datetime) -> Case:
        wanted = self.row["departments"].split()
        called = [
            org for name in wanted for org in self.company.departments if org.name.endswith(name)
        ]
        case = blow_whistle(
            title=self.row["title"], text=self.row["text"], region=self.place, street_org=self.office,
            departments=called, at=at, actor=self.officer, topic=self.topic, lng=self.place.lng,
            lat=self.place.lat, address=f"{self.place.short_name}{self.row['address']}",
        )  # fmt: skip
        for n, child in enumerate(Case.objects.filter(parent=case).order_by("number")):
            stop = self.stop_calls[n] if n < len(self.stop_calls) else ""
            self.stage.wait_for(CallStory(self, child, n, stop=stop, pace=self.pace), at)
        return case

    def in_blown(self, case: Case, at: datetime) -> Planned | None:
        if self.look().open_children:
            return None  # the last call to close wakes this story
        return self.desk(case, at, 90), self._judge

    def _judge(self, case: Case, at: datetime) -> None:
        stars = self.dice.choices((3, 4, 5), (1, 4, 5))[0]
        self.move(case, "judge", at, self.officer, stars=stars, note=self.say("judge"))


class CallStory(Story):
    def __init__(self, whistle: WhistleStory, case: Case, number: int, **options) -> None:
        super().__init__(whistle.world, f"{whistle.row['title']}|{number}", **options)
        self.whistle, self.case = whistle, case
        self.person = self.company.handler_of(case.handler_id or 0, self.dice)
        self.stage.note_ring(case.rings_at)

    def in_called(self, case: Case, at: datetime) -> Planned:
        arrives = at + (self.pace or self.spell(19, 0.4))
        return arrives, lambda case, at: self.move(
            case, "report_in", at, self.person, place=self.spot(case), note=self.say("report_in")
        )

    def in_on_spot(self, case: Case, at: datetime) -> Planned:
        return self.desk(case, at, 280), self._finish

    def _finish(self, case: Case, at: datetime) -> None:
        item = case.topic.code if case.topic else ""
        proof = [photo(item, "after", actor=self.person, at=at, dice=self.dice)]
        self.move(case, "finish", at, self.person, note=self.say("whistle_finish"), evidence=proof)

    def in_done(self, case: Case, at: datetime) -> Planned:
        return self.desk(case, at, 100), self._confirm

    def _confirm(self, case: Case, at: datetime) -> None:
        self.move(case, "confirm", at, self.whistle.officer, note=self.say("confirm"), stars=5)
        self.stage.wait_for(self.whistle, at + timedelta(minutes=1))
