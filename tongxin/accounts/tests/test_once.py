"""Any POST of the API with an Idempotency-Key: once, answered alike, refused for another content."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from tongxin.accounts import actions
from tongxin.accounts.actions import Answer, answer_once
from tongxin.accounts.models import KeptReply, Notice
from tongxin.accounts.once import digest_of
from tongxin.kit.errors import KeyReused, Refused
from tongxin.testing import NOON, Api, World

DAY = timedelta(days=1)


@pytest.fixture
def notice(world):
    actions.tell(users=[world.sun], title="到了", text="", url="/", key="k", at=NOON)
    return Notice.objects.get()


def read(api, notice, key="", who="sun"):
    return api(who, "POST", f"/me/notices/{notice.pk}/read", key=key)


class TestThroughTheApi:
    def test_a_retry_is_answered_byte_for_byte_and_acts_no_more(self, api, notice):
        first = read(api, notice, key="a")
        assert first.status_code == 200 and "Idempotency-Replayed" not in first
        Notice.objects.update(read_at=None)  # what acting again would show
        again = read(api, notice, key="a")
        assert again["Idempotency-Replayed"] == "true"
        assert (again.content, again.status_code) == (first.content, first.status_code)
        assert again["Content-Type"] == first["Content-Type"]
        assert Notice.objects.get().read_at is None

    def test_the_same_key_for_another_address_is_refused(self, api, world, notice):
        read(api, notice, key="a")
        actions.tell(users=[world.sun], title="又", text="", url="/", key="l", at=NOON)
        other = Notice.objects.get(key="l")
        answer = read(api, other, key="a")
        assert (answer.status_code, answer.json()["code"]) == (409, "key_reused")
        assert answer.json()["field"] == "Idempotency-Key" and "已用于" in answer.json()["detail"]
        other.refresh_from_db()
        assert other.read_at is None

    def test_another_content_is_refused(self, api, world):
        asked = {"text": "水管漏水了"}
        assert api("zhang", "POST", "/texts/suggest", asked, key="a").status_code == 200
        answer = api("zhang", "POST", "/texts/suggest", {"text": "路灯坏了"}, key="a")
        assert (answer.status_code, answer.json()["code"]) == (409, "key_reused")

    def test_keys_are_each_callers_own(self, api, world, notice):
        read(api, notice, key="a")
        assert read(api, notice, key="a", who="ma").status_code == 404  # not the answer to Sun

    def test_a_refusal_is_not_kept(self, api, notice):
        assert api("sun", "POST", "/me/notices/0/read", key="a").status_code == 404
        assert not KeptReply.objects.exists()
        assert read(api, notice, key="a").status_code == 200

    @pytest.mark.parametrize("key", ["x" * 81, " ", "a\u200bb"])
    def test_a_key_must_be_one(self, api, notice, key):
        answer = read(api, notice, key=key)
        assert answer.status_code == 422 and not KeptReply.objects.exists()

    def test_without_a_key_it_costs_nothing_more(self, api, world, notice):
        read(api, notice)
        with CaptureQueriesContext(connection) as asked:
            read(api, notice)
        assert not KeptReply.objects.exists()
        assert not any("keptreply" in one["sql"] for one in asked)

    def test_what_is_kept_is_sealed(self, api, notice):
        read(api, notice, key="a")
        assert "到了" not in KeptReply.objects.get().body_sealed

    def test_a_session_of_our_pages_may_use_one_too(self, world, notice):
        client = Client()
        client.force_login(world.sun)
        path = f"/api/v1/me/notices/{notice.pk}/read"
        assert client.post(path, headers={"Idempotency-Key": "a"}).status_code == 200
        again = client.post(path, headers={"Idempotency-Key": "a"})
        assert again["Idempotency-Replayed"] == "true"


class TestDigest:
    def of(self, data, **more):
        return digest_of(RequestFactory().post("/x", data, **more))

    def test_a_form_with_the_same_file_is_the_same_though_its_border_differs(self):
        form = [{"file": SimpleUploadedFile("a.csv", b"1,2"), "sheet": "m"} for _n in range(2)]
        assert self.of(form[0]) == self.of(form[1])

    def test_another_file_or_field_is_another(self):
        def form(data=b"1,2", sheet="m"):
            return self.of({"file": SimpleUploadedFile("a.csv", data), "sheet": sheet})

        assert len({form(), form(data=b"1,3"), form(sheet="n")}) == 3

    def test_the_file_is_whole_afterwards(self):
        request = RequestFactory().post("/x", {"file": SimpleUploadedFile("a.csv", b"1,2")})
        digest_of(request)
        assert request.FILES["file"].read() == b"1,2"

    def test_a_body_is_its_bytes(self):
        send = {"content_type": "application/json"}
        assert self.of(json.dumps({"a": 1}), **send) != self.of(json.dumps({"a": 2}), **send)


def test_forgotten_after_a_fortnight(world):
    given = {"user": world.sun, "path": "/x", "digest": "d", "act": lambda: Answer(200, "x", b"1")}
    answer_once(key="old", at=NOON, **given)
    answer_once(key="new", at=NOON + DAY, **given)
    actions.forget_old(at=NOON + 14 * DAY + timedelta(seconds=1))
    assert list(KeptReply.objects.values_list("key", flat=True)) == ["new"]


def test_an_answer_of_refusal_undoes_what_was_done(world):
    def act():
        actions.tell(users=[world.sun], title="x", text="", url="/", key="k", at=NOON)
        return Answer(422, "application/problem+json", b"{}")

    given = {"user": world.sun, "key": "a", "path": "/x", "digest": "d", "at": NOON}
    assert answer_once(act=act, **given).status == 422
    assert not Notice.objects.exists() and not KeptReply.objects.exists()


MANY = 20


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestRaces:
    @pytest.fixture
    def land(self, transactional_db):
        if connection.vendor != "postgresql":
            pytest.skip("races are proved on PostgreSQL")
        return World().build()

    def at_once(self, work) -> list:
        def one(n):
            try:
                return work(n)
            except Refused as refusal:
                return refusal
            finally:
                connection.close()

        with ThreadPoolExecutor(max_workers=MANY) as pool:
            return list(pool.map(one, range(MANY)))

    def test_twenty_at_once_act_once_and_are_answered_alike(self, land):
        acts = []

        def act():
            acts.append(1)
            Notice.objects.create(user=land.sun, at=NOON, title="一", key=f"n{len(acts)}")
            return Answer(201, "application/json", b'{"n":%d}' % len(acts))

        given = {"user": land.sun, "key": "a", "path": "/x", "digest": "d", "act": act}
        found = self.at_once(lambda n: answer_once(at=now(), **given))
        assert {one.body for one in found} == {b'{"n":1}'}
        assert sum(not one.is_replay for one in found) == 1
        assert (len(acts), Notice.objects.count()) == (1, 1)

    def test_the_next_acts_when_the_first_is_refused(self, land):
        tries = []

        def act():
            tries.append(1)
            if len(tries) == 1:
                raise Refused("不行")
            return Answer(200, "text/plain", b"2")

        given = {"user": land.sun, "key": "a", "path": "/x", "digest": "d", "act": act}
        found = self.at_once(lambda n: answer_once(at=now(), **given))
        assert sum(isinstance(one, Refused) for one in found) == 1
        assert sum(isinstance(one, Answer) and not one.is_replay for one in found) == 1
        assert len(tries) == 2

    def test_one_content_of_several_wins(self, land):
        given = {"user": land.sun, "key": "a", "path": "/x", "at": NOON}
        found = self.at_once(
            lambda n: answer_once(
                digest=str(n % 4), act=lambda: Answer(200, "text/plain", b"1"), **given
            )
        )
        assert sum(isinstance(one, KeyReused) for one in found) == MANY * 3 // 4
        assert KeptReply.objects.count() == 1

    def test_through_the_api(self, land):
        actions.tell(users=[land.sun], title="到了", text="", url="/", key="k", at=NOON)
        notice, api = Notice.objects.get(), Api(land)
        api.token_of("sun")
        found = self.at_once(lambda n: read(api, notice, key="a"))
        assert {one.status_code for one in found} == {200}
        assert sum("Idempotency-Replayed" not in one for one in found) == 1
