from datetime import timedelta
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils.timezone import now

from tongxin.cases.queries import forget_topics
from tongxin.open311 import actions

HERE = {"lat": "39.25", "long": "117.55"}  # in grid P1 of Pine


class Door:
    """The endpoint as a client calls it: answers as JSON, or as an XML tree."""

    def __init__(self, key=""):
        self.key, self.client, self.base = key, Client(), "/open311/v2/"

    def get(self, path, **query):
        return self.client.get(f"{self.base}{path}", query)

    def json(self, path, **query):
        response = self.get(f"{path}.json", **query)
        assert response.status_code == 200, response.content.decode()
        return response.json()

    def xml(self, path, **query):
        response = self.get(f"{path}.xml", **query)
        assert response.status_code == 200, response.content.decode()
        return ElementTree.fromstring(response.content)

    def post(self, path="requests.json", *, key=None, multipart=False, headers=None, **form):
        form = {"api_key": self.key if key is None else key, **form}
        form = {k: v for k, v in form.items() if v is not None}
        if multipart:
            return self.client.post(self.base + path, form, headers=headers)
        return self.client.post(
            self.base + path,
            urlencode(form, doseq=True),
            content_type="application/x-www-form-urlencoded; charset=utf-8",
            headers=headers,
        )

    def file(self, **form):
        """File a pothole in Pine and return its number."""
        form = {"service_code": "0103", "description": "路面坑洼，已有人绊倒", **HERE, **form}
        response = self.post(**form)
        assert response.status_code == 200, response.content.decode()
        return response.json()[0]["service_request_id"]


@pytest.fixture
def at():
    return now()


@pytest.fixture
def given(world, at):
    """A client of the demo city, and its key."""
    forget_topics()
    return actions.give_key(
        name="随手拍", by=world.ann, at=at - timedelta(days=1), may_update=True, contact="平台组"
    )


@pytest.fixture
def app(given):
    """The client system itself."""
    return given[0]


@pytest.fixture
def door(given):
    return Door(given[1])
