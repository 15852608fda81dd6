"""The people of the demo as the replay asks for them: who is nearest, who is suited, who is free."""

from __future__ import annotations

from collections import Counter, defaultdict
from random import Random

from tongxin.accounts.models import User
from tongxin.cases.models import Case, Topic
from tongxin.orgs.models import Org, Post, Volunteer
from tongxin.orgs.scope import Held
from tongxin.regions.models import Region
from tongxin.regions.queries import prefixes

from .institutions import DEPARTMENT_OF_ITEM


class Company:
    """Everybody with a post in the district; the same `User` is given every time, posts and all."""

    def __init__(self, district: Region) -> None:
        self.users: dict[int, User] = {}
        self._posts: dict[tuple[str, str], list[User]] = defaultdict(list)
        self._handlers: dict[int, list[User]] = defaultdict(list)
        rows = Post.objects.filter(region__path__under=district.path)
        for post in (
            rows.select_related("user", "region", "org").defer("region__polygon").order_by("pk")
        ):
            user = self.users.setdefault(post.user_id, post.user)
            self._posts[post.role, post.region.path].append(user)
            if post.role == Post.Role.HANDLER:
                self._handlers[post.org_id].append(user)
            place = post.region
            under = post.org.path
            held = Held(post.role, post.org_id, post.region_id, place.path, place.level, under)
            # Where `scope.posts_of` keeps them: it need not ask for each of two thousand people.
            user._held_posts = (*getattr(user, "_held_posts", ()), held)
        self.departments = list(
            Org.objects.filter(region=district, kind=Org.Kind.DEPARTMENT).order_by("pk")
        )
        self.named = {user.username: user for user in self.users.values()}
        self.named["resident"] = User.objects.get(username="resident")
        self._volunteers = self._read_volunteers()
        self.held: Counter[int] = Counter()  # orders somebody has in hand

    def _read_volunteers(self) -> dict[str, list[tuple[User, str, set[str], int]]]:
        """Return {street path: [(user, home path, skills, cap)]}."""
        found = defaultdict(list)
        for row in Volunteer.objects.select_related("home").prefetch_related("skills"):
            street = row.home.ancestor_path(Region.Level.STREET)
            skills = {skill.name for skill in row.skills.all()}
            if row.user_id in self.users:
                found[street].append((self.users[row.user_id], row.home.path, skills, row.cap))
        return found

    def nearest(self, role: str, area: str) -> list[User]:
        """Return the holders of a role nearest to a place: of the grid, or of what lies above."""
        for path in reversed(list(prefixes(area))):
            if found := self._posts.get((role, path)):
                return found
        return []

    def one(self, role: str, area: str, dice: Random, but: int | None = None) -> User:
        return dice.choice([user for user in self.nearest(role, area) if user.pk != but])

    def department_for(self, topic: Topic | None) -> Org:
        office = DEPARTMENT_OF_ITEM.get(topic.code if topic else "", "")
        found = (org for org in self.departments if office and org.name.endswith(office))
        return next(found, self.departments[0])

    def handler_of(self, org_id: int, dice: Random) -> User:
        """Return somebody of a department; the first, who has the front page, more often."""
        people = self._handlers[org_id]
        return people[0] if dice.random() < 0.5 else dice.choice(people)

    def suited(self, case: Case, dice: Random) -> list[User]:
        """Return volunteers of the street with a skill asked for and a free hand, near ones first."""
        asked = set(case.topic.skills.split()) if case.topic else set()
        street = "/".join(case.area.split("/")[:3]) + "/"
        free = [
            (not case.area.startswith(home), self.held[user.pk], dice.random(), user)
            for user, home, skills, cap in self._volunteers.get(street, [])
            if user.pk != case.reporter_id
            and self.held[user.pk] < cap - 1
            and (not asked or asked & skills)
        ]
        return [user for *_rank, user in sorted(free, key=lambda row: row[:3])]

    def volunteers_near(self, area: str, dice: Random) -> list[User]:
        """Return the volunteers of the street of a place, in any order."""
        street = "/".join(area.split("/")[:3]) + "/"
        found = [user for user, *_rest in self._volunteers.get(street, [])]
        return dice.sample(found, len(found))

    def take(self, user_id: int | None) -> None:
        if user_id:
            self.held[user_id] += 1

    def put_down(self, user_id: int | None) -> None:
        if user_id and self.held[user_id]:
            self.held[user_id] -= 1
