"""What an election looks like: who may stand, what the result proposes, the line of steps."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.models import User
from tongxin.orgs.models import Membership, Org, Person, Post

from ..ballots import Count, Marks, outcome_of
from ..models import Candidate, Election, Round

Step = Election.Step
OFFICES = (Post.Role.SECRETARY, Post.Role.COMMISSIONER)
DOTS = (
    ("决", gettext_lazy("决定换届"), ()),
    ("请", gettext_lazy("请示上级"), (Step.DECIDED, Step.ASKED)),
    ("候", gettext_lazy("提名候选人"), (Step.AGREED, Step.PROPOSED)),
    ("选", gettext_lazy("大会选举"), (Step.READY, Step.AGAIN, Step.ELECTED)),
    ("报", gettext_lazy("报上级批复"), (Step.CHOSEN, Step.REPORTED)),
    ("任", gettext_lazy("任职"), (Step.APPROVED,)),
)


@dataclass(frozen=True)
class Proposal:
    """What happens to somebody's post: "give", "keep", "end", or "wait" for an account."""

    what: str
    name: str
    role: str
    why: str
    user: User | None = None
    post: Post | None = None

    @property
    def role_words(self) -> str:
        return str(Post.Role(self.role).label)


def standing_in(unit: Org, people: Collection[Person]) -> set[int]:
    """Return the ids of those who are full members in a unit or under it."""
    rows = Membership.objects.standing().filter(
        unit__path__under=unit.path, stage=Membership.Stage.FULL, person__in=people
    )
    return set(rows.values_list("person_id", flat=True))


def full_members(unit: Org) -> list[Person]:
    """Return the full members of a unit and those under it, by name."""
    rows = Membership.objects.standing().filter(
        unit__path__under=unit.path, stage=Membership.Stage.FULL
    )
    return list(Person.objects.filter(pk__in=rows.values("person")).order_by("name", "pk"))


def proposed_posts(election: Election, *, on: date) -> list[Proposal]:
    """Return what the result proposes for the posts of the unit, those elected first."""
    roles = {
        Candidate.Result.SECRETARY: Post.Role.SECRETARY,
        Candidate.Result.COMMISSIONER: Post.Role.COMMISSIONER,
    }
    elected = election.candidates.filter(result__in=roles).select_related("person__user")
    held = Post.objects.held_on(on).filter(org=election.unit_id, role__in=OFFICES)
    posts = list(held.select_related("user", "org").order_by("pk"))
    found, kept = [], set()
    for one in elected.order_by("-result", "pk"):
        role, user = roles[Candidate.Result(one.result)], one.person.user
        post = next((p for p in posts if user and (p.user_id, p.role) == (user.pk, role)), None)
        name = one.person.name
        if user is None:
            found.append(Proposal("wait", name, role, _("还没有账号，建立账号后再任职")))
        elif post is not None:
            kept.add(post.pk)
            found.append(Proposal("keep", name, role, _("继续任职"), user, post))
        else:
            found.append(Proposal("give", name, role, _("当选，任职"), user))
    for post in posts:
        if post.pk not in kept:
            name = str(post.user)
            found.append(Proposal("end", name, post.role, _("届满离任"), post.user, post))
    return found


def committee_of(unit: Org, on: date) -> list[Post]:
    """Return the posts of the secretary and the commissioners of a unit on a day."""
    rows = Post.objects.held_on(on).filter(org=unit, role__in=OFFICES).select_related("user")
    return sorted(rows, key=lambda post: (post.role != Post.Role.SECRETARY, post.pk))


def line_of(election: Election) -> dict[str, Any]:
    """Return the steps as `ui/parts/dot_line.html` draws them."""
    if election.step == Step.CLOSED:
        at = len(DOTS)
    elif election.step == Step.VOID:
        at = 0
    else:
        at = next(n for n, (_c, _t, steps) in enumerate(DOTS) if election.step in steps)
    dots = [
        {"char": char, "title": title, "state": _state(n, at, election), "at": None, "who": ""}
        for n, (char, title, _steps) in enumerate(DOTS)
    ]
    tones = {Step.CLOSED: "done", Step.VOID: "waiting", Step.ASKED: "waiting"}
    tones |= {Step.PROPOSED: "waiting", Step.REPORTED: "waiting"}
    return {
        "dots": dots,
        "left": election.get_step_display(),
        "tone": tones.get(Step(election.step), "ok"),
    }


def _state(n: int, at: int, election: Election) -> str:
    if election.step == Step.VOID:
        return "done" if n == 0 else "skipped"
    return "done" if n < at else "now" if n == at else "todo"


def electorate(unit: Org) -> int:
    """Return how many full members the registers know in a unit and those under it."""
    rows = Membership.objects.standing().filter(unit__path__under=unit.path)
    return rows.filter(stage=Membership.Stage.FULL).count()


def counted(row: Round) -> Count:
    """Return a round as it was counted, for its sums to be shown again."""
    marks = {
        vote.candidate_id: Marks(vote.in_favour, vote.against, vote.abstained)
        for vote in row.votes.all()
    }
    return Count(
        seats=row.seats,
        entitled=row.entitled,
        present=row.present,
        issued=row.issued,
        returned=row.returned,
        valid=row.valid,
        marks=marks,
        is_runoff=row.number > 1 and row.office == Round.Office.COMMISSIONER,
        is_for_secretary=row.office == Round.Office.SECRETARY,
    )


def may_stand(election: Election) -> list[Candidate]:
    """Return who stands in the next round: the committee for its secretary, else who is not elected.

    After a tie at the last seat only those who tied stand again.
    """
    wanted = Candidate.Result.COMMISSIONER if election.step == Step.ELECTED else ""
    rows = election.candidates.filter(result=wanted).select_related("person")
    if election.step == Step.AGAIN:
        last = election.rounds.order_by("-number").first()
        tied = outcome_of(counted(last)).tied if last else []
        rows = rows.filter(pk__in=tied) if tied else rows
    return list(rows.order_by("pk"))
