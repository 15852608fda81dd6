"""The loop over HTTP: every step, every refusal beside it, and what each costs."""

import base64
import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from tongxin.cases.models import Case, Event, Evidence
from tongxin.kit.ids import uuid7
from tongxin.orgs.models import Volunteer
from tongxin.requests.models import PointEntry, ServiceRequest

from .test_loop import a_photo

NOBODYS = "f4574d9d-78e9-4268-af03-50e8106a13fd"  # a random id, not made of a time
HERE = {"lng": 117.55, "lat": 39.25}
TAP = {"text": "厨房水管漏水，水流到楼下了", "topic": "0101", **HERE}


def file(api, who="sun", **more) -> dict:
    answer = api(who, "POST", "/cases", TAP | more)
    assert answer.status_code == 201, answer.content.decode()
    return answer.json()


def move(api, who, case, name, key="", **body):
    return api(who, "POST", f"/cases/{case['id']}/moves/{name}", body, key=key)


def upload(api, who, case, data=None, kind="after", key=""):
    from django.core.files.uploadedfile import SimpleUploadedFile

    file = SimpleUploadedFile("a.jpg", a_photo() if data is None else data, "image/jpeg")
    return api(
        who, "POST", f"/cases/{case['id']}/evidence", data={"file": file, "kind": kind}, key=key
    )


def problem(answer, status: int, code: str = "") -> dict:
    assert answer.status_code == status, answer.content.decode()
    assert answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    assert told["detail"].endswith("。") or told["detail"]
    if code:
        assert told["code"] == code
    return told


@pytest.fixture
def tap(api) -> dict:
    return file(api)


@pytest.fixture
def taken(api, world, tap) -> dict:
    move(api, "zhang", tap, "dispatch", holder=world.wang.pk)
    assert move(api, "wang", tap, "accept").status_code == 200
    return tap


class TestLoop:
    @pytest.mark.mission("S0.48", "S0.49", "S0.50", "S0.51", "S0.52", "S0.53")
    def test_a_request_goes_all_the_way_round(self, api, world, tap):
        assert tap["step"] == "filed"
        move(api, "zhang", tap, "dispatch", holder=world.wang.pk)
        move(api, "wang", tap, "accept")
        photo = upload(api, "wang", tap).json()
        done = move(api, "wang", tap, "finish", note="换了垫圈", minutes=40, evidence=[photo["id"]])
        assert done.json()["event"]["target"] == "done"
        move(api, "chen", tap, "verify")
        rated = move(api, "sun", tap, "rate", stars=5, tags=["及时"], note="很快").json()
        assert (rated["case"]["step"], rated["case"]["moves"]) == ("closed", [])
        assert ServiceRequest.objects.get().stars == 5
        assert PointEntry.objects.get().minutes == 40
        detail = api("sun", "GET", f"/cases/{tap['number']}").json()
        assert detail["details"]["words"] == "很快"
        assert [one["kind"] for one in detail["evidence"]] == ["after"]
        assert [dot["state"] for dot in detail["line"]["dots"]] == ["done"] * 5

    def test_each_person_is_told_their_own_moves(self, api, world, tap):
        def names(who):
            return [one["name"] for one in api(who, "GET", f"/cases/{tap['id']}").json()["moves"]]

        assert names("sun") == ["urge", "cancel"]
        assert names("zhang")[:3] == ["dispatch", "post", "offer"]
        assert names("chen") == []

    def test_a_move_tells_what_it_needs(self, api, tap):
        moves = api("zhang", "GET", f"/cases/{tap['id']}").json()["moves"]
        dispatch = next(one for one in moves if one["name"] == "dispatch")
        assert dispatch["label"] == "派单"
        [need] = dispatch["needs"]
        assert {one["type"] for one in need["one_of"]} == {"org", "user"}

    def test_proof_that_the_topic_asks_for_is_named(self, api, taken):
        moves = api("wang", "GET", f"/cases/{taken['id']}").json()["moves"]
        finish = next(one for one in moves if one["name"] == "finish")
        assert [(n["name"], n["type"]) for n in finish["needs"]] == [
            ("note", "text"),
            ("photo", "evidence"),
        ]

    def test_a_request_by_region_without_a_point(self, api, world):
        filed = api("sun", "POST", "/cases", {"text": "灯不亮", "region": "120116001001"}).json()
        assert Case.objects.get(pk=filed["id"]).region == world.pine

    def test_photos_as_base64(self, api):
        case = file(api, photos=[base64.b64encode(a_photo()).decode()])
        assert Evidence.objects.get().case_id == Case.objects.get(pk=case["id"]).pk

    def test_the_doer_cannot_verify(self, api, world, taken):
        Case.objects.filter(pk=taken["id"]).update(holder=world.chen, step="done")
        assert (
            "不能验自己的单"
            in problem(move(api, "chen", taken, "verify"), 409, "guarded")["detail"]
        )

    def test_an_offline_step_keeps_its_own_time(self, api, world, tap):
        at = (now() - timedelta(minutes=1)).isoformat()
        done = move(api, "zhang", tap, "dispatch", holder=world.wang.pk, at=at).json()["event"]
        assert done["at"] < done["recorded_at"]


class TestRefusals:
    """Each changes nothing, and says in a sentence what to mend."""

    @pytest.fixture(autouse=True)
    def _nothing_changes(self, request, db):
        yield
        if "tap" in request.fixturenames and "taken" not in request.fixturenames:
            assert Event.objects.count() == 1

    def test_an_unknown_move(self, api, tap):
        told = problem(move(api, "zhang", tap, "fly"), 409, "no_such_move")
        assert "fly" in told["detail"]
        assert "派单" in told["detail"]

    def test_a_move_of_somebody_else(self, api, world, tap):
        told = problem(
            move(api, "sun", tap, "dispatch", holder=world.wang.pk), 403, "not_permitted"
        )
        assert "派单" in told["detail"]

    @pytest.mark.parametrize("who", ["wu", "ma", "li"])
    def test_a_case_one_cannot_see_is_not_there(self, api, world, tap, who):
        problem(move(api, who, tap, "dispatch", holder=world.wang.pk), 404, "not_found")
        problem(api(who, "GET", f"/cases/{tap['id']}"), 404, "not_found")
        problem(api(who, "GET", f"/cases/{tap['number']}"), 404, "not_found")
        problem(api(who, "GET", f"/cases/{tap['id']}/events"), 404, "not_found")
        problem(upload(api, who, tap), 404, "not_found")

    @pytest.mark.parametrize("id", ["nonsense", "120116-20260302-9999", NOBODYS, "%00"])
    def test_a_case_that_does_not_exist(self, api, tap, id):
        problem(api("ann", "GET", f"/cases/{id}"), 404, "not_found")
        problem(api("ann", "POST", f"/cases/{id}/moves/urge", {}), 404, "not_found")

    def test_missing_proof(self, api, taken):
        told = problem(move(api, "wang", taken, "finish", note="好了"), 422, "something_missing")
        assert told["missing"] == ["photo"]
        assert "照片" in told["detail"]
        told = problem(move(api, "wang", taken, "finish"), 422, "something_missing")
        assert set(told["missing"]) == {"note", "photo"}

    def test_something_not_asked_for(self, api, world, tap):
        answer = move(api, "zhang", tap, "dispatch", holder=world.wang.pk, stars=5)
        assert problem(answer, 422, "not_asked_for")["field"] == "stars"

    def test_a_page_that_is_behind_hears_who_and_where(self, api, world, tap):
        move(api, "zhang", tap, "dispatch", holder=world.wang.pk)
        again = move(api, "zhang", tap, "dispatch", holder=world.zhao.pk, expect=tap["length"])
        told = problem(again, 409, "stale")
        assert "张敏" in told["detail"]
        assert "待接单" in told["detail"]
        Event.objects.filter(seq=2).delete()

    def test_a_step_that_was_taken_hears_who_and_where(self, api, world, taken):
        told = problem(move(api, "wang", taken, "accept"), 409, "no_such_move")
        assert "王芳" in told["detail"]
        assert "办理中" in told["detail"]

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"no picture at all", "not_a_photo"),
            (b"", "invalid"),
            (b"\xff\xd8\xff" + b"x" * 50, "damaged_photo"),
            (a_photo()[:300], "damaged_photo"),
        ],
        ids=["text", "empty", "broken", "cut off"],
    )
    def test_what_is_no_photo(self, api, taken, data, code):
        answer = upload(api, "wang", taken, data)
        assert answer.status_code == 422, answer.content.decode()
        assert not Evidence.objects.exists()

    def test_a_photo_that_is_too_large(self, api, taken, settings):
        told = problem(upload(api, "wang", taken, b"\xff" * (17 * 1024 * 1024)), 413, "too_large")
        assert told["field"] == "file"
        told = problem(upload(api, "wang", taken, b"\xff" * (15 * 1024 * 1024 + 9)), 422)
        assert "15 MB" in told["detail"]

    def test_an_image_bomb(self, api, taken):
        from io import BytesIO

        from PIL import Image

        buffer = BytesIO()
        Image.new("1", (9000, 9000)).save(buffer, "PNG", optimize=True)
        told = problem(upload(api, "wang", taken, buffer.getvalue()), 422, "too_many_pixels")
        assert "像素" in told["detail"]

    def test_a_point_outside(self, api, world):
        told = problem(
            api("sun", "POST", "/cases", TAP | {"lng": 100.0, "lat": 30.0}), 422, "outside_area"
        )
        assert "滨海新区" in told["remedy"]
        outside = {"region": "120116001001", "lng": 100.0, "lat": 30.0}
        problem(api("sun", "POST", "/cases", {"text": "灯", **outside}), 422, "outside_area")

    def test_a_point_that_is_none(self, api, world):
        answer = api("sun", "POST", "/cases", TAP | {"lng": 200.0})
        assert problem(answer, 422, "invalid")["field"] == "lng"
        answer = api("sun", "POST", "/cases", {"text": "灯", "lng": 117.55})
        assert problem(answer, 422)["field"] == "lat"

    def test_no_place_at_all(self, api, world):
        assert problem(api("sun", "POST", "/cases", {"text": "灯"}), 422)["field"] == "region"

    def test_a_text_over_the_limit(self, api, world, tap):
        told = problem(api("sun", "POST", "/cases", TAP | {"text": "水" * 10_001}), 422, "too_long")
        assert "10000" in told["detail"]
        told = problem(move(api, "sun", tap, "urge", note="急" * 2001), 422, "too_long")
        assert "2000" in told["detail"]

    @pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "好\u202e坏"])
    def test_characters_that_cannot_be_seen(self, api, world, tap, text):
        problem(api("sun", "POST", "/cases", TAP | {"text": text}), 422, "bad_characters")
        problem(move(api, "sun", tap, "urge", note=text), 422, "bad_characters")

    def test_an_empty_text(self, api, world):
        problem(api("sun", "POST", "/cases", TAP | {"text": " 　"}), 422, "missing")

    def test_unknown_topic_region_person_and_organisation(self, api, world, tap):
        assert (
            problem(api("sun", "POST", "/cases", TAP | {"topic": "9999"}), 422)["field"] == "topic"
        )
        problem(
            api("sun", "POST", "/cases", {"text": "灯", "region": "999999"}), 404, "unknown_region"
        )
        for field in ("holder", "handler"):
            answer = move(api, "zhang", tap, "dispatch", **{field: 999_999})
            assert problem(answer, 422)["field"] == field
        answer = move(api, "zhang", tap, "offer", queue=[world.wang.pk, 999_999])
        assert problem(answer, 422)["field"] == "queue"

    def test_a_person_who_may_no_longer_sign_in(self, api, world, tap):
        world.wang.is_active = False
        world.wang.save()
        problem(move(api, "zhang", tap, "dispatch", holder=world.wang.pk), 422)

    def test_a_field_nobody_knows(self, api, world, tap):
        answer = api("sun", "POST", "/cases", TAP | {"colour": "red"})
        assert problem(answer, 422, "invalid")["errors"] == [
            {"field": "colour", "detail": "不认识“colour”，请核对名称。"}
        ]
        assert problem(move(api, "zhang", tap, "dispatch", hodler=1), 422)["field"] == "hodler"

    def test_what_belongs_to_another_kind(self, api, world):
        answer = api("sun", "POST", "/cases", TAP | {"wisher": "小明"})
        assert problem(answer, 422)["field"] == "wisher"

    def test_what_happened_after_now(self, api, world, tap):
        at = (now() + timedelta(hours=1)).isoformat()
        assert problem(api("sun", "POST", "/cases", TAP | {"at": at}), 422)["field"] == "at"
        assert (
            problem(move(api, "sun", tap, "urge", at=at), 422, "from_the_future")["field"] == "at"
        )

    def test_a_time_without_its_zone(self, api, tap):
        told = problem(move(api, "sun", tap, "urge", at="2026-03-02T10:00:00"), 422)
        assert "时区" in told["detail"]

    def test_evidence_of_somebody_else_or_of_before(self, api, world, taken):
        theirs = upload(api, "sun", taken, kind="photo").json()
        answer = move(api, "wang", taken, "finish", note="好", evidence=[theirs["id"]])
        assert problem(answer, 422)["field"] == "evidence"
        mine = upload(api, "wang", taken).json()
        assert (
            move(api, "wang", taken, "finish", note="好", evidence=[mine["id"]]).status_code == 200
        )
        assert move(api, "chen", taken, "redo", note="再看看").status_code == 200
        again = move(api, "wang", taken, "finish", note="好", evidence=[mine["id"]])
        problem(again, 422, "evidence_used")
        assert Case.objects.get(pk=taken["id"]).step == "accepted"

    def test_photos_by_who_has_nothing_to_do_with_it(self, api, tap):
        problem(upload(api, "chen", tap), 403, "not_permitted")

    def test_a_photo_for_a_closed_case(self, api, tap):
        move(api, "sun", tap, "cancel")
        problem(upload(api, "sun", tap, kind="photo"), 422)
        Event.objects.filter(seq=2).delete()

    def test_base64_that_is_none(self, api, world):
        assert (
            problem(api("sun", "POST", "/cases", TAP | {"photos": ["%%%"]}), 422)["field"]
            == "photos"
        )

    def test_somebody_elses_consent(self, api, world):
        answer = api("sun", "POST", "/cases", TAP | {"beneficiary": "王奶奶"})
        assert problem(answer, 422)["field"] == "consent"


class TestKeys:
    def test_a_retried_filing_opens_one_case(self, api, world):
        first = api("sun", "POST", "/cases", TAP, key="k1")
        again = api("sun", "POST", "/cases", TAP, key="k1")
        assert first.status_code == again.status_code == 201
        assert first.json()["id"] == again.json()["id"]
        assert "Idempotency-Replayed" not in first
        assert again["Idempotency-Replayed"] == "true"
        assert Case.objects.count() == 1

    def test_a_retried_move_happens_once_though_the_step_has_passed(self, api, world, tap):
        first = move(api, "zhang", tap, "dispatch", key="k2", holder=world.wang.pk)
        move(api, "wang", tap, "accept")
        again = move(api, "zhang", tap, "dispatch", key="k2", holder=world.wang.pk)
        assert again["Idempotency-Replayed"] == "true"
        assert again.json()["event"] == first.json()["event"]
        assert again.json()["case"]["step"] == "accepted"
        assert Event.objects.filter(name="dispatch").count() == 1

    def test_a_retried_upload_is_kept_once(self, api, taken):
        first = upload(api, "wang", taken, key="k3")
        again = upload(api, "wang", taken, key="k3")
        assert first.json() == again.json()
        assert again["Idempotency-Replayed"] == "true"
        assert Evidence.objects.count() == 1

    def test_a_retried_finish_with_its_photo(self, api, taken):
        photo = upload(api, "wang", taken).json()
        body = {"note": "好", "evidence": [photo["id"]]}
        first = move(api, "wang", taken, "finish", key="k4", **body)
        again = move(api, "wang", taken, "finish", key="k4", **body)
        assert first.json()["event"] == again.json()["event"]

    def test_a_key_used_for_something_else_is_refused(self, api, world, tap):
        move(api, "zhang", tap, "dispatch", key="k5", holder=world.wang.pk)
        told = problem(move(api, "zhang", tap, "answer", key="k5", note="好"), 409, "key_reused")
        assert told["field"] == "Idempotency-Key"
        problem(api("zhang", "POST", "/cases", TAP, key="k5"), 409, "key_reused")

    def test_an_upload_key_used_for_another_case_is_refused(self, api, world, taken):
        other = file(api, "wang")
        upload(api, "wang", taken, key="k6")
        problem(upload(api, "wang", other, key="k6", kind="photo"), 409, "key_reused")

    def test_keys_are_each_callers_own(self, api, world):
        api("sun", "POST", "/cases", TAP, key="same")
        assert "Idempotency-Replayed" not in api("ma", "POST", "/cases", TAP, key="same")
        assert Case.objects.count() == 2

    def test_a_key_that_is_too_long(self, api, world):
        told = problem(api("sun", "POST", "/cases", TAP, key="k" * 81), 422, "invalid")
        assert told["field"] == "Idempotency-Key"

    def test_an_id_made_by_the_phone(self, api, world):
        id = str(uuid7(now()))
        assert file(api, id=id)["id"] == id
        assert api("sun", "POST", "/cases", TAP | {"id": id})["Idempotency-Replayed"] == "true"
        assert Case.objects.count() == 1

    @pytest.mark.parametrize(
        "made", [NOBODYS, uuid7(now() - timedelta(days=3))], ids=["not a v7", "too old"]
    )
    def test_an_id_that_tells_a_wrong_time(self, api, world, made):
        answer = api("sun", "POST", "/cases", TAP | {"id": str(made)})
        assert problem(answer, 422)["field"] == "id"

    def test_anothers_id_opens_nothing(self, api, world):
        id = str(uuid7(now()))
        file(api, id=id)
        problem(api("ma", "POST", "/cases", TAP | {"id": id}), 409, "stale")
        assert Case.objects.count() == 1


class TestOtherKinds:
    def test_a_wish_is_collected(self, api, world):
        wish = {
            "kind": "wish",
            "text": "想要一副老花镜",
            "wisher": "李爷爷",
            "cost": 80,
            "region": "120116001001",
        }
        made = api("zhang", "POST", "/cases", wish)
        assert made.status_code == 201, made.content.decode()
        detail = api("zhang", "GET", f"/cases/{made.json()['id']}").json()
        assert detail["details"] == {"wisher": "李爷爷", "cost": 80, "thanks": ""}

    def test_a_wish_that_costs_too_much(self, api, world):
        wish = {
            "kind": "wish",
            "text": "想要",
            "wisher": "李",
            "cost": 9999,
            "region": "120116001001",
        }
        assert problem(api("zhang", "POST", "/cases", wish), 422)["field"] == "cost"

    @pytest.mark.mission("S2.53")
    def test_a_whistle_calls_departments(self, api, world):
        whistle = {
            "kind": "whistle", "text": "路面塌陷", "region": "120116001001",
            "departments": [world.roads.pk, world.water.pk],
        }  # fmt: skip
        made = api("liu", "POST", "/cases", whistle)
        assert made.status_code == 201, made.content.decode()
        detail = api("liu", "GET", f"/cases/{made.json()['id']}").json()
        assert [child["handler"]["name"] for child in detail["children"]] == [
            "城市管理委",
            "水务局",
        ]
        assert detail["details"]["lead"]["name"] == "城市管理委"
        called = api("li", "GET", "/cases?box=handled").json()["items"]
        assert {one["kind"] for one in called} == {"whistle", "whistle_call"}

    def test_only_a_street_whistles(self, api, world):
        whistle = {
            "kind": "whistle",
            "text": "塌陷",
            "region": "120116001001",
            "departments": [world.roads.pk],
        }
        problem(api("zhang", "POST", "/cases", whistle), 403, "not_permitted")

    def test_a_whistle_for_no_department(self, api, world):
        whistle = {"kind": "whistle", "text": "塌陷", "region": "120116001001"}
        assert problem(api("liu", "POST", "/cases", whistle), 422)["field"] == "departments"
        whistle["departments"] = [999_999]
        assert problem(api("liu", "POST", "/cases", whistle), 422)["field"] == "departments"

    def test_names_and_numbers_of_residents_stay_masked(self, api, world):
        case = file(api, beneficiary="王桂兰", consent="电话同意", contact="13812345678")
        details = api("zhang", "GET", f"/cases/{case['id']}").json()["details"]
        assert (details["beneficiary"], details["contact"]) == ("王*兰", "138****5678")


class TestCandidates:
    def test_who_could_take_it_with_reasons(self, api, world, tap):
        found = api("zhang", "GET", f"/cases/{tap['id']}/candidates").json()["items"]
        assert {one["name"] for one in found} == {"梅雪", "王芳", "赵磊"}
        assert all(one["why"] for one in found)

    def test_not_for_the_resident(self, api, tap):
        problem(api("sun", "GET", f"/cases/{tap['id']}/candidates"), 403, "not_permitted")
        problem(api("wu", "GET", f"/cases/{tap['id']}/candidates"), 404)


def statements(call) -> int:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        answer = call()
    assert answer.status_code < 300, answer.content.decode()
    return len([q for q in caught if not q["sql"].startswith(("BEGIN", "COMMIT"))])


@pytest.mark.django_db(transaction=True)
class TestCost:
    """At most six statements a step, savepoints counted (in a real transaction, as in service)."""

    def test_no_step_asks_the_database_more_than_six_times(self, api, world):
        for who in ("sun", "zhang", "wang", "chen"):
            api.token_of(who)
        file(api)  # the land and the topics are read once per process
        made = {}

        def create():
            answer = api("sun", "POST", "/cases", TAP, key="a")
            made.update(answer.json())
            return answer

        cost = {"create": statements(create)}
        cost["dispatch"] = statements(
            lambda: move(api, "zhang", made, "dispatch", key="b", holder=world.wang.pk)
        )
        cost["accept"] = statements(lambda: move(api, "wang", made, "accept", key="c"))
        photo = upload(api, "wang", made).json()
        body = {"note": "好", "minutes": 30, "evidence": [photo["id"]]}
        cost["finish"] = statements(lambda: move(api, "wang", made, "finish", key="d", **body))
        cost["verify"] = statements(lambda: move(api, "chen", made, "verify", key="e"))
        cost["rate"] = statements(lambda: move(api, "sun", made, "rate", key="f", stars=5))
        assert max(cost.values()) <= 6, cost

    def test_a_finish_that_is_verified_by_exemption_writes_the_ledger_too(self, api, world):
        world.errand.proof = "photo"
        world.errand.save()
        for who in ("sun", "zhang", "wang"):
            api.token_of(who)
        case = file(api, topic="0102")
        move(api, "zhang", case, "dispatch", holder=world.wang.pk)
        move(api, "wang", case, "accept")
        body = {"note": "好", "evidence": [upload(api, "wang", case).json()["id"]]}
        assert statements(lambda: move(api, "wang", case, "finish", **body)) <= 8

    def test_pages_cost_the_same_however_much_there_is(self, api, world):
        for who in ("sun", "zhang", "gao"):
            api.token_of(who)
        case = file(api)

        def costs():
            paths = ["/cases?region=120116001", "/cases", f"/cases/{case['id']}", "/cases?box=mine",
                     f"/cases/{case['id']}/events", "/cases?state=open&sort=due"]  # fmt: skip
            return [statements(lambda p=path: api("zhang", "GET", p)) for path in paths]

        costs()
        before = costs()
        for _n in range(12):
            file(api)
        assert costs() == before
        assert max(before) <= 4


def test_a_volunteer_with_full_hands_is_told_so(api, world, tap):
    Volunteer.objects.filter(user=world.wang).update(cap=0)
    move(api, "zhang", tap, "dispatch", holder=world.wang.pk)
    told = problem(move(api, "wang", tap, "accept"), 409, "hands_full")
    assert told["detail"]


def test_json_in_utf8_without_escapes(api, tap):
    assert "漏水" in api("sun", "GET", f"/cases/{tap['id']}").content.decode()
    assert json.loads(api("sun", "GET", f"/cases/{tap['id']}").content)["opened_at"].endswith("Z")
