"""A model small enough to learn in a moment, registered and in use."""

from __future__ import annotations

import pytest

from tongxin.language.model_files import save_model
from tongxin.language.tests.test_topics import LIGHT, NOISE, WATER
from tongxin.language.training import train
from tongxin.testing import NOON
from tongxin.texts import actions, queries
from tongxin.texts.models import TextModel

SAID = {
    "0101 水管维修": WATER,
    "0102 代买代办": NOISE,  # any words will do: the topics of the named world are three
    "0103 道路坑洼": [f"路面坑洼，{one}" for one in LIGHT],
}


@pytest.fixture(scope="session")
def small_model():
    pairs = [
        (f"{text}，{n}号楼", label)
        for label, texts in SAID.items()
        for text in texts
        for n in range(1, 5)
    ]
    return train(*zip(*pairs, strict=True))


@pytest.fixture
def var(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    queries.forget_loaded()
    yield tmp_path
    queries.forget_loaded()


@pytest.fixture
def ready(world, var, small_model) -> TextModel:
    """A version that is trained and not in use."""
    version = TextModel.objects.create(
        state="ready", trained_on="测试", n=60, classes=3, figures=small_model.figures,
        asked_at=NOON, ready_at=NOON, file="one.model",
    )  # fmt: skip
    version.digest = save_model(small_model, queries.path_of(version))
    version.save()
    return version


@pytest.fixture
def used(ready, world) -> TextModel:
    return actions.put_in_use(version=ready, at=NOON, by=world.ann)
