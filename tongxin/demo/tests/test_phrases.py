"""What the demo's people say of a case that is over is what the page offers."""

from random import Random

from tongxin.demo.phrases import Phrases
from tongxin.requests.ratings import all_tags, sentences_for, tags_for


def test_the_tags_given_are_those_the_page_offers_for_the_stars():
    dice, phrases = Random(1), Phrases()
    rated = [phrases.rating(dice, item="", went_well=n % 2 == 0) for n in range(60)]
    assert {one["stars"] for one in rated} == {1, 2, 3, 4, 5}
    for one in rated:
        assert set(one["tags"]) <= set(tags_for(one["stars"])) <= set(all_tags())
    assert {one["note"] for one in rated} & set(sentences_for(5))
