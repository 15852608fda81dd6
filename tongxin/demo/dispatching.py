"""Dispatching in the demo: when volunteers have time, one simulation, a draft plan of the street."""

from __future__ import annotations

from datetime import datetime, time
from random import Random

from tongxin.accounts.models import User
from tongxin.dispatching.actions import (
    NothingOpen,
    ask_simulation,
    make_plan,
    simulations_due,
)
from tongxin.orgs.models import Post, Volunteer, VolunteerTime
from tongxin.regions.models import Region

TIMES = ((time(8, 30), time(11, 30)), (time(14), time(17, 30)), (time(18, 30), time(21)))
QUESTION: dict[str, float] = {"orders": 2000, "volunteers": 300, "seeds": 2}


def make_dispatching(district: Region, dice: Random, *, at: datetime) -> None:
    """Give most volunteers their times; have a small year simulated; plan the home street's orders."""
    VolunteerTime.objects.bulk_create(_times(dice), 500)
    planner = User.objects.get(username="officer")
    post = Post.objects.filter(user=planner, role="officer").select_related("region")[0]
    leader = _officer_of(district)
    asked = ask_simulation(region=district, question=QUESTION, at=at, by=leader)
    while asked.state not in ("done", "failed"):
        simulations_due(at=at)
        asked.refresh_from_db()
    try:
        make_plan(region=post.region, at=at, by=planner, key="demo")
    except NothingOpen:  # a small demo may have nothing that waits
        return


def _officer_of(district: Region) -> User:
    posts = Post.objects.filter(region=district, role__in=["officer", "leader"]).order_by("pk")
    return posts.select_related("user")[0].user


def _times(dice: Random) -> list[VolunteerTime]:
    """Return the times of four in five volunteers: evenings of the week, more of the weekend."""
    found = []
    for volunteer in Volunteer.objects.order_by("pk"):
        if dice.random() < 0.2:  # has not said
            continue
        for weekday in sorted(dice.sample(range(1, 8), dice.randint(2, 4))):
            since, until = dice.choice(TIMES if weekday > 5 else TIMES[1:])
            found.append(
                VolunteerTime(volunteer=volunteer, weekday=weekday, since=since, until=until)
            )
    return found
