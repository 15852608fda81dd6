"""What every path of the API has in common: who may call, how it says no, what its schema tells."""

import json
from collections import Counter
from pathlib import Path

import pytest
from django.test import Client
from pydantic import BaseModel

from tongxin.accounts.actions import make_token
from tongxin.api import api as the_api
from tongxin.testing import NOON

DOCS = Path(__file__).parent.parent / "docs"
TAP = {"text": "厨房水管漏水", "topic": "0101", "lng": 117.55, "lat": 39.25}


def problem(answer, status: int, code: str) -> dict:
    assert answer.status_code == status, answer.content.decode()
    assert answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= told.keys()
    assert (told["status"], told["code"]) == (status, code)
    return told


class TestWhoCalls:
    PRIVATE = ["/cases", "/me", "/orgs", "/stats?region=120116", "/cases/x", "/cases/x/events"]

    @pytest.mark.parametrize("path", PRIVATE)
    def test_nobody_is_asked_to_sign_in(self, api, path):
        answer = api("", "GET", path)
        problem(answer, 401, "not_signed_in")
        assert answer["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize(
        "header", ["Bearer tx_wrong", "Bearer", "Basic YTpi", "Bearer \u00e9", "x"]
    )
    def test_a_wrong_token_is_nobodys(self, api, header):
        answer = api("", "GET", "/cases", headers={"Authorization": header})
        assert "令牌" in problem(answer, 401, "not_signed_in")["detail"]

    def test_a_right_token_is_somebodys(self, api, world):
        assert api("sun", "GET", "/cases").json() == {"items": [], "next": None}

    def test_a_token_that_ran_out(self, api, world):
        token = make_token(user=world.sun, name="t", at=NOON, expires_at=NOON)
        answer = api("", "GET", "/cases", headers={"Authorization": f"Bearer {token}"})
        problem(answer, 401, "not_signed_in")

    @pytest.mark.parametrize("path", ["/catalogue", "/regions", "/openapi.json", "/docs"])
    def test_what_is_public(self, api, path):
        assert api("", "GET", path).status_code == 200

    def test_our_own_pages_call_with_their_session(self, world):
        client = Client(enforce_csrf_checks=True)
        client.force_login(world.sun)
        assert client.get("/api/v1/me").json()["name"] == "孙阿姨"

    def test_a_write_by_session_needs_the_pages_csrf_token(self, world):
        client = Client(enforce_csrf_checks=True)
        client.force_login(world.sun)
        send = {"data": json.dumps(TAP), "content_type": "application/json"}
        problem(client.post("/api/v1/cases", **send), 403, "not_permitted")
        client.cookies["csrftoken"] = "a" * 32
        answer = client.post("/api/v1/cases", headers={"X-CSRFToken": "a" * 32}, **send)
        assert answer.status_code == 201, answer.content.decode()

    def test_a_call_with_a_token_opens_no_session(self, api, world):
        answer = api("sun", "GET", "/me")
        assert not answer.cookies
        assert answer["X-Content-Type-Options"] == "nosniff"

    def test_a_refusal_speaks_the_language_asked_for(self, api, world):
        english = {"Accept-Language": "en"}
        assert api("sun", "GET", "/cases/x", headers=english).json()["detail"].isascii()
        assert not api("sun", "GET", "/cases/x").json()["detail"].isascii()


class TestRefusals:
    def test_an_unknown_path(self, api, world):
        assert (
            "/api/v1/nothing" in problem(api("sun", "GET", "/nothing"), 404, "not_found")["detail"]
        )
        problem(api("", "GET", "/nothing"), 404, "not_found")

    def test_an_unknown_method(self, api, world):
        answer = api("sun", "PUT", "/cases")
        assert "GET, POST" in problem(answer, 405, "method_not_allowed")["detail"]
        assert answer["Allow"] == "GET, POST"

    @pytest.mark.parametrize(
        "text", [b"{", b"\xff\xfe", b'{"text": NaN}', b"[" * 100_000, b'{"text": "\\ud800"}']
    )
    def test_a_body_that_cannot_be_read(self, api, world, text):
        answer = api("sun", "POST", "/cases", data=text, content_type="application/json")
        problem(answer, 400, "unreadable")

    @pytest.mark.parametrize("text", [b"[]", b'"x"', b"1", b"null", b""])
    def test_a_body_of_another_shape(self, api, world, text):
        answer = api("sun", "POST", "/cases", data=text, content_type="application/json")
        problem(answer, 422, "invalid")

    def test_a_body_that_is_too_large(self, api, world):
        answer = api("sun", "POST", "/cases", TAP | {"address": "x" * 3_000_000})
        assert "evidence" in problem(answer, 413, "too_large")["remedy"]

    def test_every_field_at_fault_is_named(self, api, world):
        answer = api("sun", "GET", "/cases?limit=0&state=half&region=@&since=noon&late=perhaps")
        told = problem(answer, 422, "invalid")
        assert {one["field"] for one in told["errors"]} == {
            "limit",
            "state",
            "region",
            "since",
            "late",
        }
        assert told["field"] == told["errors"][0]["field"]
        assert "“limit”不能小于 1。" in {one["detail"] for one in told["errors"]}
        assert all("“" in one["detail"] for one in told["errors"])

    def test_more_than_a_page_may_hold(self, api, world):
        assert problem(api("sun", "GET", "/cases?limit=101"), 422, "invalid")["field"] == "limit"

    def test_too_often_says_how_long_to_wait(self, api, world):
        case = api("sun", "POST", "/cases", TAP).json()
        for _n in range(3):
            assert api("sun", "POST", f"/cases/{case['id']}/moves/urge", {}).status_code == 200
        answer = api("sun", "POST", f"/cases/{case['id']}/moves/urge", {})
        assert problem(answer, 429, "too_many")["retry_after"] == int(answer["Retry-After"]) > 0

    def test_a_bug_is_told_as_one_and_gives_nothing_away(self, api, world, monkeypatch, caplog):
        def broken(*_args):
            raise RuntimeError("secret")

        monkeypatch.setattr("tongxin.cases.rest.cases.page_of", broken)
        answer = api("sun", "GET", "/cases")
        problem(answer, 500, "broken")
        assert "secret" not in answer.content.decode()
        assert "secret" in caplog.text


class TestSchema:
    schema = the_api.get_openapi_schema()
    operations = [
        (f"{method.upper()} {path}", operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]

    def test_it_is_the_one_in_the_documents(self):
        """Run `make openapi` and read the difference: clients depend on it."""
        kept = json.loads((DOCS / "openapi.json").read_text())
        assert kept == json.loads(json.dumps(self.schema))

    @pytest.mark.parametrize(
        ("name", "operation"), operations, ids=[name for name, _o in operations]
    )
    def test_every_operation_says_what_it_does_and_how_it_refuses(self, name, operation):
        assert operation["summary"]
        assert len(operation.get("description", "")) > 10, f"{name} needs a docstring"
        refusals = [r for status, r in operation["responses"].items() if int(status) >= 400]
        assert refusals
        assert all("application/problem+json" in refusal["content"] for refusal in refusals)
        if operation.get("security"):
            assert 401 in operation["responses"]
        if "requestBody" in operation:
            assert 400 in operation["responses"]

    def test_every_post_takes_a_key(self):
        """Natively or by keeping its answer: a retry acts once, whatever is asked."""
        posts = [(n, o) for n, o in self.operations if n.startswith("POST") and o.get("security")]
        for name, operation in posts:
            headers = [one for one in operation["parameters"] if one["name"] == "Idempotency-Key"]
            assert len(headers) == 1, name
        kinds = {json.dumps(one, sort_keys=True) for _n, o in posts for one in o["parameters"]
                 if one["name"] == "Idempotency-Key"}  # fmt: skip
        assert len(kinds) == 1, "a native key and a kept answer are one thing to the client"

    def test_no_two_shapes_share_a_name(self):
        """The schema knows a shape by its name alone: the second would silently take the first's place."""
        shapes: set[type] = set()
        waiting: list[type] = [BaseModel]  # what is handed in, and (Schema) what is answered
        while waiting:
            below = waiting.pop().__subclasses__()
            shapes.update(one for one in below if one.__module__.startswith("tongxin"))
            waiting += below
        names = Counter(one.__name__ for one in shapes)
        assert [name for name, n in names.items() if n > 1] == []

    def test_every_path_is_in_the_guide(self):
        guide = (DOCS / "api.md").read_text()
        for path in self.schema["paths"]:
            assert path.removeprefix("/api/v1") in guide, path

    def test_the_document_is_served(self, api):
        assert api("", "GET", "/openapi.json").json()["openapi"] == "3.1.0"

    def test_the_page_of_documents_loads_nothing_from_elsewhere(self, api):
        page = api("", "GET", "/docs")
        text = page.content.decode()
        assert "swagger-ui-bundle.js" in text
        assert "http://" not in text.replace("http://www.w3.org", "")
        assert "https://" not in text
        assert "default-src 'self'" in page["Content-Security-Policy"]

    def test_the_root_leads_to_the_documents(self, api):
        assert api("", "GET", "/")["Location"] == "/api/v1/docs"


class TestAnswers:
    """What is written by hand is what the schema says."""

    def test_each_answer_fits_its_shape(self, api, world):
        from tongxin.cases.brief import CaseBrief
        from tongxin.cases.rest import shapes
        from tongxin.orgs.rest import Me, OrgPage
        from tongxin.requests.rest import Candidates

        def fits(shape, answer):
            told = answer.json()
            built = json.loads(shape.model_validate(told).model_dump_json())
            assert built.keys() == told.keys()

        made = api("sun", "POST", "/cases", TAP)
        path = f"/cases/{made.json()['id']}"
        fits(CaseBrief, made)
        fits(
            shapes.MoveDone,
            api("zhang", "POST", f"{path}/moves/dispatch", {"holder": world.wang.pk}),
        )
        fits(shapes.CasePage, api("zhang", "GET", "/cases"))
        fits(shapes.CaseLine, _first(api("zhang", "GET", "/cases")))
        fits(shapes.CaseDetail, api("zhang", "GET", path))
        fits(shapes.EventPage, api("zhang", "GET", f"{path}/events"))
        fits(shapes.EventOut, _first(api("zhang", "GET", f"{path}/events")))
        fits(shapes.CatalogueOut, api("", "GET", "/catalogue"))
        fits(shapes.Stats, api("zhang", "GET", "/stats?region=120116"))
        fits(Me, api("zhang", "GET", "/me"))
        fits(OrgPage, api("zhang", "GET", "/orgs"))
        fits(Candidates, api("zhang", "GET", f"{path}/candidates"))


def _first(answer):
    class First:
        @staticmethod
        def json():
            return answer.json()["items"][0]

    return First
