"""What the demo's people say: phrases by item and part, and the words of ratings."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from random import Random

from tongxin.kit.tables import read_table
from tongxin.requests.importing import DATA
from tongxin.requests.queries import sentences_for, tags_for

OWN = Path(__file__).parent / "data"
# One star to five, in per mille: what residents give when all went well, and when it did not.
STARS_WELL, STARS_BADLY = (8, 14, 70, 270, 638), (180, 260, 250, 210, 100)


class Phrases:
    def __init__(self) -> None:
        self._said: dict[tuple[str, str], list[str]] = defaultdict(list)
        for _line, row in read_table(DATA / "demo_phrases.csv", name="demo_phrases.csv").rows:
            self._said[row["item_code"], row["role"]].append(row["text"])
        for _line, row in read_table(OWN / "asides.csv", name="asides.csv").rows:
            self._said["", row["move"]].append(row["text"])

    def say(self, part: str, item: str, dice: Random) -> str:
        """Return something that part says of the item, or of any."""
        said = self._said.get((item, part)) or self._said["", part]
        return dice.choice(said)

    def rating(self, dice: Random, *, item: str, went_well: bool) -> dict:
        """Return what a resident rates: stars, tags, words."""
        stars = dice.choices((1, 2, 3, 4, 5), STARS_WELL if went_well else STARS_BADLY)[0]
        tags = tags_for(stars)
        own = self.say("resident_good" if stars > 3 else "resident_bad", item, dice)
        words = dice.choice([own, own, *sentences_for(stars), "", ""])
        return {
            "stars": stars,
            "tags": dice.sample(tags, min(len(tags), dice.choice((1, 2, 2)))),
            "note": words,
        }
