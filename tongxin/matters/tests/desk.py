"""What the tests of this app share: requests, browsers, pages as text."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client
from django.utils.timezone import now

from tongxin.cases.models import Case
from tongxin.requests.actions import file_request

HERE = (117.55, 39.25)  # in Pine, grid P1


def ask(world, text="三号楼路灯坏了", *, who=None, ago=timedelta(), **given) -> Case:
    given = {"lng": HERE[0], "lat": HERE[1]} | given
    return file_request(text=text, actor=who or world.sun, at=now() - ago, **given)


def browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response) -> str:
    return response.content.decode()
