"""The catalogue a new installation starts with, as people meet it on the page."""

from pathlib import Path

import pytest

from tongxin import requests
from tongxin.cases.actions import load_catalogue
from tongxin.cases.models import TopicCategory
from tongxin.cases.spreadsheet import read_catalogue
from tongxin.testing import NOON

SHIPPED = Path(requests.__file__).parent / "data" / "catalogue.csv"
NAMED = ["疫情防控", "复工复产", "创文创卫", "跑腿代办", "助老助残", "就业帮扶"]


@pytest.mark.mission("S0.57", "S2.41")
def test_the_categories_the_articles_name_can_be_chosen(client, world):
    rows = read_catalogue(SHIPPED, "catalogue.csv")
    load_catalogue(rows=rows, by=world.ann, at=NOON)
    assert set(NAMED) <= set(TopicCategory.objects.values_list("name", flat=True))
    client.force_login(world.sun)
    page = client.get("/requests/catalogue/").content.decode()
    assert [name for name in NAMED if name not in page] == []
