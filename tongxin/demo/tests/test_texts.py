"""The text assistant in the demo."""

import pytest

from tongxin.demo.texts import make_texts
from tongxin.requests.actions import file_request
from tongxin.testing import NOON
from tongxin.texts import sample
from tongxin.texts.models import Suggestion
from tongxin.texts.tests.conftest import small_model, var  # noqa: F401


@pytest.fixture
def leak(world):
    return file_request(
        text="厨房水管漏水没人修", topic=None, region=world.pine, at=NOON, actor=world.sun
    )


def test_the_sample_is_in_use_and_has_read_what_is_open(world, var, leak, small_model, monkeypatch):  # noqa: F811
    monkeypatch.setattr(sample, "sample_model", lambda folder, progress=None: small_model)
    world.tap.is_sample = True
    world.tap.save()
    version = make_texts(at=NOON)
    assert version.is_sample
    assert version.is_used
    row = Suggestion.objects.get()
    assert (row.case, row.first) == (leak, world.tap)


def test_a_catalogue_of_ones_own_gets_none(world, var):  # noqa: F811
    assert make_texts(at=NOON) is None
