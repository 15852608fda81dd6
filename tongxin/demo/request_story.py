"""A request from 点单 to 评单, with what happens on the way in real life: late, declined, redone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from tongxin.accounts.models import User
from tongxin.cases.models import Case, Evidence, Topic
from tongxin.kit.worktime import parse_norm
from tongxin.regions.models import Region
from tongxin.regions.queries import calendar_for
from tongxin.requests.actions import file_request
from tongxin.requests.models import Channel

from .follow_up_story import FollowUpStory
from .letters import Letter
from .pictures import photo
from .replay import seeded_id
from .story import Do, Story, World

Planned = tuple[datetime, Do]
# How often something happens to a request, as shares of all.
TURNS = {
    "cancel": 0.02, "urge": 0.06, "decline": 0.06, "hand_back": 0.03, "wait": 0.04, "extend": 0.04,
    "suspend": 0.012, "redo": 0.08, "answer": 0.2, "check_in": 0.6, "photo": 0.2, "rate": 0.7,
    "slow_desk": 0.05, "slow_doer": 0.06, "no_answer": 0.15,
}  # fmt: skip
# What happens while the work goes on, and after which share of the time.
MIDWAY = {
    "hand_back": 0.3, "answer": 0.2, "wait": 0.4, "extend": 0.6, "suspend": 0.5, "ask": 0.6,
}  # fmt: skip
# Turns that still happen in the step in which a scene is left for the visitor.
LAST_TURNS = {"filed": {"urge"}, "accepted": {"answer", "ask"}}
TAKERS = {"volunteer": 6, "grid_worker": 3, "department": 2}  # weights of who is chosen
MODES = {"grab": 5, "offer": 2, "assign": 3}
ASKED_FOR = ("母亲", "父亲", "邻居张奶奶", "楼上赵大爷", "婆婆")


@dataclass
class Scene:
    """A letter set on the stage: by whom, where, about what; `way` and `doer` where they are set."""

    letter: Letter
    reporter: User
    region: Region
    point: tuple[float, float] | None
    topic: Topic | None
    way: str = ""  # department, grid_worker, grab, offer, assign
    doer: str = ""  # a username
    turns: tuple[str, ...] = field(default=())  # what happens although the pace is set


class RequestStory(Story):
    def __init__(self, world: World, scene: Scene, **options) -> None:
        super().__init__(world, scene.letter.key, **options)
        self.scene = scene
        self.turns = {turn for turn, share in TURNS.items() if self.chance(share)}
        self.turns |= set(scene.turns)
        self.finish_at: datetime | None = None
        self.accepted = 0

    def is_over(self, case: Case) -> bool:
        return super().is_over(case) and not self.turns & LAST_TURNS.get(case.step, set())

    def turn(self, name: str) -> bool:
        """Return whether a turn is still to come, and strike it out."""
        if name not in self.turns:
            return False
        self.turns.remove(name)
        return True

    # 点单

    def open(self, at: datetime) -> Case:
        scene, letter, dice = self.scene, self.scene.letter, self.dice
        message, topic = letter.message, scene.topic
        photos = (
            [photo(self.item, "photo", actor=None, at=at, dice=dice)] if self.turn("photo") else []
        )
        is_for_other = topic is not None and topic.code[:2] == "11" and dice.random() < 0.4
        lng, lat = scene.point or (None, None)
        return file_request(
            text=message.text,
            title=message.title,
            at=at,
            actor=scene.reporter,
            topic=topic,
            region=scene.region,
            lng=lng,
            lat=lat,
            photos=[_bytes_of(one) for one in photos],
            channel=Channel.IMPORT if letter.is_real else self._channel(),
            beneficiary=dice.choice(ASKED_FOR) if is_for_other else "",
            consent="本人电话同意" if is_for_other else "",
            answers=self._answers(topic),
            id=seeded_id(at, dice),
            source_key=f"demo:{letter.key}"[:80],
            likes=message.likes,
        )

    @property
    def item(self) -> str:
        return self.scene.topic.code if self.scene.topic else ""

    def _channel(self) -> str:
        return self.dice.choices((Channel.WEB, Channel.HOTLINE, Channel.API), (85, 12, 3))[0]

    def _answers(self, topic: Topic | None) -> dict[str, str]:
        answers = {}
        for question in topic.questions if topic else []:
            if question["type"] == "choice":
                answers[question["key"]] = self.dice.choice(question["choices"])
            elif question["type"] == "number":
                answers[question["key"]] = str(self.dice.randint(1, 6))
            elif question.get("required"):
                answers[question["key"]] = "见上面的说明"
        return answers

    # 派单

    def in_filed(self, case: Case, at: datetime) -> Planned:
        if "cancel" in self.turns:
            return self.people(at, 70), self._cancel
        if "urge" in self.turns:
            return self.people(at, 100), self._urge
        minutes = 260 if self.turn("slow_desk") else 18
        return self.desk(case, at, minutes), self._hand_over

    def _cancel(self, case: Case, at: datetime) -> None:
        self.move(case, "cancel", at, self.scene.reporter, note=self.say("cancel"))

    def _urge(self, case: Case, at: datetime) -> None:
        self.turn("urge")
        self.move(case, "urge", at, self.scene.reporter, note=self.say("urge"))

    def _hand_over(self, case: Case, at: datetime) -> None:
        desk = self.company.one("dispatcher", case.area, self.dice)
        way = self.scene.way or self._way(case)
        getattr(self, f"_by_{way}")(case, at, desk)

    def _way(self, case: Case) -> str:
        """Choose whom to give it to, as the topic allows."""
        takers = case.topic.takers.split() if case.topic else ["grid_worker", "department"]
        if self.refused or not self.company.suited(case, self.dice):
            takers = [taker for taker in takers if taker != "volunteer"] or ["grid_worker"]
        taker = self.dice.choices(takers, [TAKERS[taker] for taker in takers])[0]
        if taker != "volunteer":
            return taker
        modes = case.topic.modes.split() if case.topic else ["assign"]
        if case.is_private:  # the hall is for what everybody may see
            modes = [mode for mode in modes if mode != "grab"] or ["assign"]
        return self.dice.choices(modes, [MODES[mode] for mode in modes])[0]

    def _by_department(self, case: Case, at: datetime, desk: User) -> None:
        office = self.company.department_for(case.topic)
        self.move(case, "dispatch", at, desk, handler=office, note=self.say("dispatcher"))

    def _by_grid_worker(self, case: Case, at: datetime, desk: User) -> None:
        walker = self.company.named.get(self.scene.doer) or self.company.one(
            "grid_worker", case.area, self.dice, but=case.reporter_id
        )
        self.move(case, "dispatch", at, desk, holder=walker, note=self.say("dispatcher"))

    def _by_grab(self, case: Case, at: datetime, desk: User) -> None:
        self.move(case, "post", at, desk, note=self.say("dispatcher"))

    def _by_offer(self, case: Case, at: datetime, desk: User) -> None:
        self.move(case, "offer", at, desk, queue=self._chosen(case)[:3])

    def _by_assign(self, case: Case, at: datetime, desk: User) -> None:
        holder = self._chosen(case)[0]
        self.move(case, "dispatch", at, desk, holder=holder, note=self.say("dispatcher"))

    def _chosen(self, case: Case) -> list[User]:
        suited = self.company.suited(case, self.dice)
        return [self.company.named[self.scene.doer], *suited] if self.scene.doer else suited

    # 接单

    def in_hall(self, case: Case, at: datetime) -> Planned:
        if suited := self._chosen(case):
            taker = suited[0]
            return self.people(at, 35), lambda case, at: self._take(case, "grab", at, taker)
        desk = self.company.one("dispatcher", case.area, self.dice)
        return self.desk(case, at, 120), lambda case, at: self._by_grid_worker(case, at, desk)

    def in_offered(self, case: Case, at: datetime) -> Planned:
        if self.turn("no_answer") and case.rings_at:
            return case.rings_at + timedelta(minutes=1), lambda case, at: None
        name = "decline" if self.turn("decline") else "accept"
        return self.people(at, 9), lambda case, at: self._answer_offer(case, name, at)

    def _answer_offer(self, case: Case, name: str, at: datetime) -> None:
        asked = self.company.users[case.offeree_id or 0]
        if name == "accept":
            self._take(case, "accept", at, asked)
            return
        self.move(case, "decline", at, asked, note=self.say("decline"))
        self.look()  # the offer goes to the next one in the same moment

    def in_dispatched(self, case: Case, at: datetime) -> Planned:
        slow = 6 if "slow_doer" in self.turns else 1
        if case.holder_id is None:
            handler_id = case.handler_id or 0
            handler = self.company.handler_of(handler_id, self.dice)
            handler = self.company.named.get(self.scene.doer, handler)
            return self.desk(case, at, 32 * slow), lambda c, at: self._take(
                c, "accept", at, handler
            )
        holder = self.company.users[case.holder_id]
        if self.turn("decline"):
            return self.people(at, 30), lambda c, at: self._decline(c, at, holder)
        return self.people(at, 22 * slow), lambda c, at: self._take(c, "accept", at, holder)

    def _decline(self, case: Case, at: datetime, holder: User) -> None:
        self.move(case, "decline", at, holder, note=self.say("decline"))

    def _take(self, case: Case, name: str, at: datetime, actor: User) -> None:
        self.company.take(actor.pk)
        try:
            self.move(case, name, at, actor)
        except Exception:
            self.company.put_down(actor.pk)
            raise
        self.accepted += 1
        self.finish_at = self._due(self.case or case, at)

    def _due(self, case: Case, at: datetime) -> datetime:
        """Return when the work will be done: mostly early in the norm, sometimes after it."""
        clock, amount = parse_norm(case.norm).resolve(calendar_for(case.area))
        share = self.dice.lognormvariate(-1.3, 0.7)
        if self.turn("slow_doer"):
            share = self.dice.uniform(1.05, 2.3)
        if self.accepted > 1:
            share *= 0.5
        return clock.add(at, amount * min(share, 2.5))

    # 办理

    def in_accepted(self, case: Case, at: datetime) -> Planned:
        finish_at = max(self.finish_at or at, at + timedelta(minutes=5))
        if self.pace is not None:
            finish_at = at + self.pace
        left = finish_at - at
        doer = self.company.users[case.holder_id or 0]
        if case.asked:
            return self.desk(case, at, 60), self._decide
        for turn, share in MIDWAY.items():
            if self.turn(turn):
                act = partial(getattr(self, f"_{turn}"), doer=doer)
                return at + left * share, act
        if "check_in" in self.turns and self._walks(case):
            self.turn("check_in")
            self.turns.add("check_out")
            return finish_at - min(left * 0.5, self.spell(45, 0.3)), lambda case, at: self._check(
                case, "check_in", at, doer
            )
        if self.turn("check_out"):
            return finish_at - min(left * 0.3, timedelta(minutes=6)), lambda case, at: self._check(
                case, "check_out", at, doer
            )
        return finish_at, lambda case, at: self._finish(case, at, doer)

    def _walks(self, case: Case) -> bool:
        return case.handler_id is None

    def _check(self, case: Case, name: str, at: datetime, doer: User) -> None:
        self.move(case, name, at, doer, place=self.spot(case))

    def _answer(self, case: Case, at: datetime, doer: User) -> None:
        self.move(case, "answer", at, doer, note=self.say("answer"))

    def _hand_back(self, case: Case, at: datetime, doer: User) -> None:
        self.move(case, "hand_back", at, doer, note=self.say("hand_back"))
        self.company.put_down(doer.pk)

    def _wait(self, case: Case, at: datetime, doer: User) -> None:
        until = at + timedelta(days=self.dice.randint(1, 3))
        self.move(case, "wait", at, doer, note=self.say("wait"), until=until)

    def _extend(self, case: Case, at: datetime, doer: User) -> None:
        self.move(case, "ask_extend", at, doer, note=self.say("ask_extend"))

    _ask = _extend  # and leave the decision to the visitor

    def _suspend(self, case: Case, at: datetime, doer: User) -> None:
        until = at + timedelta(days=self.dice.randint(30, 120))
        self.move(case, "ask_suspend", at, doer, note=self.say("ask_suspend"), until=until)

    def _decide(self, case: Case, at: datetime) -> None:
        officer = self.company.one("officer", case.area, self.dice, but=case.holder_id)
        if self.chance(0.2):
            self.move(case, "refuse", at, officer, note=self.say("refuse"))
            return
        self.move(case, f"approve_{case.asked}", at, officer, note=self.say("approve"))
        self.look()

    def in_waiting(self, case: Case, at: datetime) -> Planned:
        return self.people(at, 300), self._resume

    def _resume(self, case: Case, at: datetime) -> None:
        self.move(case, "resume", at, self.scene.reporter, note=self.say("resume"))
        self.finish_at = max(self.finish_at or at, at + self.spell(90))

    def in_suspended(self, case: Case, at: datetime) -> Planned | None:
        return (
            (case.rings_at + timedelta(minutes=1), lambda case, at: None) if case.rings_at else None
        )

    def _finish(self, case: Case, at: datetime, doer: User) -> None:
        given: dict = {
            "note": self.say("holder"),
            "minutes": self.dice.choice((20, 30, 40, 45, 60, 90)),
        }
        if case.topic and case.topic.needs_receipt:
            given["amount"] = self.dice.randint(12, 160)
        self.move(case, "finish", at, doer, evidence=self._proof(case, at, doer), **given)
        self.company.put_down(doer.pk)
        self.accepted += 1

    def _proof(self, case: Case, at: datetime, doer: User) -> list[Evidence]:
        proof = case.topic.proof if case.topic else "photo"
        kinds = {"none": (), "photo": ("after",), "before_after": ("before", "after")}[proof]
        if case.topic and case.topic.needs_receipt:
            kinds = (*kinds, "receipt")
        seen = self.dice.getstate()
        found = []
        for kind in kinds:  # before and after are of one place
            self.dice.setstate(seen)
            found.append(photo(self.item, kind, actor=doer, at=at, dice=self.dice))
        return found

    # 验单

    def in_done(self, case: Case, at: datetime) -> Planned:
        checker = self.company.one("verifier", case.area, self.dice, but=case.holder_id)
        name = "redo" if self.turn("redo") else "verify"
        return self.desk(case, at, 75), lambda case, at: self._check_work(case, name, at, checker)

    def _check_work(self, case: Case, name: str, at: datetime, checker: User) -> None:
        note = "只做了一半，请做完再报。" if name == "redo" else self.say("verifier")
        self.move(case, name, at, checker, note=note)
        if name == "redo":
            self.company.take(case.holder_id)
            self.turns.add("was_redone")
            self.finish_at = self.desk(case, at, 150)

    # 评单

    def in_verified(self, case: Case, at: datetime) -> Planned | None:
        if self.pace is None and not self.turn("rate"):
            return None
        return self.people(at, 420), self._rate

    def _rate(self, case: Case, at: datetime) -> None:
        went_well = not case.is_late and "was_redone" not in self.turns
        words = self.phrases.rating(self.dice, item=self.item, went_well=went_well)
        self.move(case, "rate", at, self.scene.reporter, **words)
        for child in case.children.filter(kind="follow_up", closed_at=None):
            story = FollowUpStory(self.world, child, parent=self)
            self.stage.wait_for(story, at)

    def reopened(self, at: datetime) -> None:
        """Go on after a follow-up call found that it was not solved."""
        self.look()
        self.turns.add("rate")
        self.stage.wait_for(self, at)


def _bytes_of(evidence: Evidence) -> bytes:
    evidence.file.seek(0)
    return evidence.file.read()
