"""The API of affairs, as who may and who may not."""

import base64
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils.timezone import localdate, now

from tongxin.affairs import actions
from tongxin.affairs.models import Disclosure, Payment

from .helpers import PAPERS, PDF

TODAY = localdate()


@pytest.fixture
def term(world):
    return actions.begin_term(
        unit=world.branch, number=1, from_date=TODAY - timedelta(days=5 * 365 - 30), seats=3,
        at=now(), by=world.qin,
    )  # fmt: skip


@pytest.fixture
def file(world):
    return actions.admit_applicant(
        unit=world.branch, name="申同志", born_on=date(1999, 1, 1),
        applied_on=TODAY - timedelta(days=20), papers=PAPERS, at=now(), by=world.qin,
    )  # fmt: skip


def test_findings_and_terms(world, api, term, file):
    found = api("qin", "GET", "/affairs/findings").json()["items"]
    assert {"term", "admission"} <= {one["kind"] for one in found}
    assert api("yue", "GET", "/affairs/findings").json()["items"] != found
    (one,) = api("he", "GET", "/affairs/terms").json()["items"]
    assert one["due_on"] == term.due_on.isoformat()
    assert api("ann", "GET", "/affairs/terms").json() == {"items": [], "next": None}
    assert api("", "GET", "/affairs/terms").status_code == 401


def test_an_asking_is_decided_above_and_once(world, api, term):
    asking = actions.ask_extension(term=term, months=3, reason="同步", at=now(), by=world.qin)
    path, body = f"/affairs/askings/{asking.pk}/decide", {"agree": True}
    assert api("yue", "POST", path, body).status_code == 404
    assert api("qin", "POST", path, body).status_code == 403
    assert api("tang", "POST", path, body).json()["verdict"] == "agreed"
    again = api("tang", "POST", path, body)
    assert (again.status_code, again.json()["code"]) == (409, "decided_already")
    (listed,) = api("qin", "GET", "/affairs/askings").json()["items"]
    assert listed["verdict"] == "agreed"


def test_an_election_shows_its_sums(world, api, term):
    election = actions.start_election(
        unit=world.branch, decided_on=TODAY, seats=3, has_committee=True, at=now(), by=world.qin
    )
    assert api("qin", "GET", "/affairs/elections").json()["items"][0]["step"] == "decided"
    assert api("tang", "GET", f"/affairs/elections/{election.pk}").json()["rounds"] == []
    assert api("yue", "GET", f"/affairs/elections/{election.pk}").status_code == 404


def test_a_step_is_taken_once(world, api, file):
    paper = {"name": "谈话记录.pdf", "data": base64.b64encode(PDF).decode()}
    body = {"code": "talk", "done_on": str(TODAY), "papers": [paper]}
    path = f"/affairs/admissions/{file.pk}/steps"
    assert api("yue", "POST", path, body).status_code == 404
    bare = api("qin", "POST", path, {**body, "papers": []})
    assert (bare.status_code, bare.json()["code"]) == (422, "evidence_missing")
    broken = api("qin", "POST", path, {**body, "papers": [{"name": "a", "data": "%%%"}]})
    assert broken.status_code == 422
    done = api("qin", "POST", path, body).json()
    assert done["next_code"] == "propose"
    assert [step["state"] for step in done["steps"][:3]] == ["done", "done", "now"]
    assert api("qin", "POST", path, body).json()["code"] == "not_next"
    assert len(api("he", "GET", "/affairs/admissions?state=open").json()["items"]) == 1
    assert api("ann", "GET", f"/affairs/admissions/{file.pk}").status_code == 404


@pytest.mark.mission("S4.18")
def test_a_payment_retried_by_a_program_acts_once(world, api):
    body = {"membership_id": world.wang_member.pk, "amount": "40.00"}
    answers = [api("qin", "POST", "/affairs/dues/payments", body, key="p1") for _ in range(2)]
    assert [a.status_code for a in answers] == [201, 201]
    assert answers[1]["Idempotency-Replayed"] == "true"
    assert answers[0].json() == answers[1].json()
    assert Payment.objects.count() == 1
    assert api("yue", "POST", "/affairs/dues/payments", body, key="p2").status_code == 404
    assert api("wang", "POST", "/affairs/dues/payments", body, key="p3").status_code == 404
    bad = {**body, "amount": "0.001"}
    assert api("qin", "POST", "/affairs/dues/payments", bad).status_code == 422
    (own,) = api("wang", "GET", "/affairs/dues/payments").json()["items"]
    assert own["amount"] == "40.00"
    assert api("zhao", "GET", "/affairs/dues/payments").json()["items"] == []


def test_the_quarter_and_who_is_behind(world, api):
    month = (TODAY.replace(day=1) - timedelta(days=1)).replace(day=1)
    actions.set_base(
        membership=world.wang_member, kind="salaried", base=Decimal(4000), from_month=month,
        at=now(), by=world.qin,
    )  # fmt: skip
    actions.charge_month(unit=world.branch, month=month, at=now(), by=world.qin)
    unit = world.branch.pk
    (late,) = api("qin", "GET", f"/affairs/dues/{unit}/arrears").json()["items"]
    assert (late["months"], late["amount"], late["is_long"]) == (1, "40.00", False)
    sheet = api("qin", "GET", f"/affairs/dues/{unit}/quarter").json()
    assert sheet["total"]["behind"] == 1
    assert api("qin", "GET", f"/affairs/dues/{unit}/quarter?q=2026Q9").status_code == 422
    assert api("yue", "GET", f"/affairs/dues/{unit}/quarter").status_code == 404


def test_disclosure(world, api):
    unit = world.branch.pk
    gaps = api("qin", "GET", f"/affairs/units/{unit}/gaps").json()["items"]
    gap = next(one for one in gaps if one["code"] == "service")
    body = {
        "code": gap["code"], "period": gap["period"], "title": "承诺事项", "content": "办结 12 件",
        "place": "both", "public_from": str(TODAY), "public_to": str(TODAY + timedelta(days=9)),
    }  # fmt: skip
    path = f"/affairs/units/{unit}/disclosures"
    assert api("yue", "POST", path, body).status_code == 404
    assert api("qin", "POST", path, {**body, "content": "13812345678"}).status_code == 422
    assert api("qin", "POST", path, body).status_code == 201
    assert api("qin", "POST", path, body).json()["code"] == "published_already"
    assert Disclosure.objects.count() == 1
    (public,) = api("", "GET", f"/affairs/units/{unit}/public").json()["items"]
    assert public["title"] == "承诺事项"
    assert len(api("he", "GET", "/affairs/disclosures").json()["items"]) == 1
