"""The play as a whole: letters get their writers and places, and every story is put on the stage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from tongxin.accounts.models import User
from tongxin.cases.models import Topic
from tongxin.kit.tables import read_table
from tongxin.orgs.models import Org
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, get_land, region_at
from tongxin.requests.importing import Guesser, Places, spot_in, spread

from .cast import home_of, make_residents, places_below
from .company import Company
from .letters import Letter, real_letters, sample_letters
from .names import a_name
from .opening import Opening, choose, pace_of
from .phrases import Phrases
from .replay import Stage
from .request_story import RequestStory, Scene
from .story import World
from .whistle_story import WhistleStory
from .wish_story import WishStory

if TYPE_CHECKING:
    from .seeding import Size

OWN = Path(__file__).parent / "data"
NEWEST = timedelta(hours=6)  # letters of the last hours are the scenes' alone
HOME_SHARE = 0.12  # of the real letters, to the home street


class Play:
    """Sets scenes: who writes, where it lies, what it is about."""

    def __init__(self, district: Region, world: World, until: datetime) -> None:
        self.world, self.until = world, until
        self.district, self.home = district, home_of(district)
        self.dice = Random(f"{world.seed}|play")  # noqa: S311
        topics = list(Topic.objects.filter(is_active=True))
        self.topic_of = {topic.code: topic for topic in topics}
        self.guesser = Guesser(topics)
        self.land = get_land(district.code)
        self.places = Places(self.land)
        self._regions: dict[int, Region] = {}
        self.residents: dict[str, User] = {}

    def topic(self, letter: Letter) -> Topic | None:
        message = letter.message
        return self.topic_of.get(message.item) or self.guesser.guess(message.title, message.text)

    def land_of(self, letter: Letter) -> Land:
        """Return the community a letter names; a real one lies where its words are spread to."""
        message = letter.message
        if letter.is_real:
            street = get_land(self.home.parent.code) if self.home.parent else self.land
            here = Random(letter.key).random() < HOME_SHARE  # noqa: S311
            return (
                spread(message.title, message.text, over=self.land)
                if not here
                else self.dice_home(letter, street)
            )
        named, _is_named = self.places.find(
            code="", street=message.street, community=message.community, lng=None, lat=None
        )
        return named

    def dice_home(self, letter: Letter, street: Land) -> Land:
        ids = [place.pk for place in places_below(self.home.parent)] if self.home.parent else []
        return get_land(Random(letter.key + "home").choice(ids)) if ids else street  # noqa: S311

    def scene(self, letter: Letter, land: Land, opening: Opening | None = None) -> Scene:
        point = spot_in(land, letter.key)
        grid = region_at(*point) if point else None
        chosen: Any = (
            {"way": opening.way, "doer": opening.doer, "turns": opening.turns} if opening else {}
        )
        reporter = self.world.company.named.get(opening.by) if opening and opening.by else None
        return Scene(
            letter=letter,
            reporter=reporter or self.residents[self.writer(letter)],
            region=self.region(grid or land),
            point=point,
            topic=self.topic(letter),
            **chosen,
        )

    def region(self, land: Land) -> Region:
        if land.id not in self._regions:
            self._regions[land.id] = Region.objects.defer("polygon").get(pk=land.id)
        return self._regions[land.id]

    def writer(self, letter: Letter) -> str:
        """Return the key of a letter's writer: the same name in one community is one person."""
        message = letter.message
        return f"{message.community}|{message.reporter or letter.key}"

    def invite(self, letters: list[Letter], at: datetime) -> None:
        """Make the residents who write; real writers are only numbers and get a made-up name."""
        pairs = (
            (self.writer(one), a_name(self.dice) if one.is_real else one.message.reporter)
            for one in letters
        )
        self.residents = make_residents(pairs, at=at)


def play(
    district: Region,
    *,
    at: datetime,
    size: Size,
    seed: int,
    progress: Callable[[str, int, int], None],
) -> World:
    """Play all stories up to `at`. Everything is drawn from `seed`; nothing asks the wall clock."""
    dice = Random(f"{seed}|letters")  # noqa: S311
    letters = sample_letters(until=at)
    letters += real_letters(until=at, count=size.real, dice=dice)
    total, done = len(letters) * 7, [0]

    def tick(n: int) -> None:
        done[0] += n
        if done[0] % 50 == 0:
            progress("重放点单", min(done[0], total), total)

    stage = Stage(until=at, progress=tick)
    world = World(stage, Company(district), Phrases(), seed)
    show = Play(district, world, at)
    show.invite(letters, at - timedelta(days=600))
    _set_requests(show, letters, at, size.history)
    _set_whistles(show, size.whistles, at)
    _set_wishes(show, size.wishes, at)
    stage.play()
    return world


def _set_requests(show: Play, letters: list[Letter], at: datetime, history: int | None) -> None:
    home_street = show.home.parent
    near: list[Letter] = []
    others: list[Letter] = []
    for letter in letters:
        land = show.land_of(letter)
        is_near = home_street is not None and land.path.startswith(home_street.path)
        (near if is_near and not letter.is_real else others).append(letter)
    skills = {"水电", "驾驶", "陪护"}
    chosen, left = choose(((one, show.topic(one)) for one in near), skills, until=at)
    home = get_land(show.home.code)
    for opening, letter in chosen:
        land = home if _may_move(letter) or opening.doer or opening.by else show.land_of(letter)
        scene = show.scene(letter, land, opening)
        options = {"stop": opening.stop, "pace": pace_of(opening)}
        show.world.stage.wait_for(RequestStory(show.world, scene, **options), letter.at)
    past = sorted((*others, *left), key=lambda one: one.at)
    past = [letter for letter in past if letter.at < at - NEWEST]
    for letter in past[-history:] if history else past:
        story = RequestStory(show.world, show.scene(letter, show.land_of(letter)))
        show.world.stage.wait_for(story, letter.at)


def _may_move(letter: Letter) -> bool:
    """Return whether a letter names no place of its own, and so may lie in the home community."""
    message = letter.message
    stem = message.community.removesuffix("居委会").removesuffix("社区")[:3]
    return stem not in f"{message.title}{message.text}"


def _set_whistles(show: Play, count: int, at: datetime) -> None:
    """Whistles of several streets over two months; the last one is blown right now at home."""
    rows = [row for _line, row in read_table(OWN / "whistles.csv", name="whistles.csv").rows][
        :count
    ]
    streets = places_below(show.district)
    for n, row in enumerate(rows):
        is_now = n == len(rows) - 1
        street = (
            show.home.parent if n % 3 == 0 or is_now else streets[n % len(streets)]
        ) or streets[0]
        place = show.home if is_now else show.dice.choice(places_below(street))
        office = Org.objects.get(region=street, kind=Org.Kind.GOVERNMENT)
        officer = show.world.company.nearest("officer", street.path)[0]
        options: Any = (
            {"pace": timedelta(minutes=6), "stop_calls": ("called", "on_spot", "done")}
            if is_now
            else {}
        )
        story = WhistleStory(
            show.world, row, place, officer, show.topic_of[row["item"]], office, **options
        )
        ago = timedelta(minutes=25) if is_now else timedelta(days=60 - n * 8, hours=n % 5)
        show.world.stage.wait_for(story, at - ago)


def _set_wishes(show: Play, count: int, at: datetime) -> None:
    rows = [row for _line, row in read_table(OWN / "wishes.csv", name="wishes.csv").rows][:count]
    streets = places_below(show.district)
    stops = {0: "collected", 1: "published", 2: "published", 3: "published", 4: "claimed"}
    for n, row in enumerate(reversed(rows)):
        street = show.home.parent if n % 2 == 0 or n in stops else streets[n % len(streets)]
        place = (
            show.home if n in (0, 1, 4) else show.dice.choice(places_below(street or streets[0]))
        )
        story = WishStory(show.world, row, place, show.topic_of[row["item"]], stop=stops.get(n, ""))
        show.world.stage.wait_for(
            story, at - timedelta(days=1 + n * 4, hours=show.dice.randint(1, 9))
        )
