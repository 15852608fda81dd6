"""GeoReport v2, line by line: the names are the lines of the conformance list."""

import re
from datetime import datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.utils.timezone import now

from tongxin.cases.models import Case
from tongxin.open311.arguments import asked_of
from tongxin.open311.models import CallCount, Service, Submission
from tongxin.open311.wire import Form

from .conftest import HERE, Door

pytestmark = pytest.mark.django_db
WITH_ZONE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$")


def test_01_discovery_in_both_formats(world):
    door = Door()
    told = door.json("discovery")
    assert [one["type"] for one in told["endpoints"]] == ["production", "test"]
    for one in [told, *told["endpoints"]]:
        assert datetime.fromisoformat(one["changeset"]) < now()
    assert told["endpoints"][0]["url"] == "http://testserver/open311/v2"
    assert told["endpoints"][1]["url"] == "http://testserver/open311/test/v2"
    assert told["endpoints"][0]["formats"] == ["text/xml", "application/json"]
    assert told["contact"] and told["key_service"]
    tree = door.xml("discovery")
    assert tree.tag == "discovery"
    assert [e.findtext("type") for e in tree.findall("endpoints/endpoint")] == [
        "production",
        "test",
    ]
    assert [f.text for f in tree.findall("endpoints/endpoint/formats/format")][:2] == [
        "text/xml",
        "application/json",
    ]
    assert door.client.get("/open311/discovery.json").json() == told
    assert door.client.get("/open311/discovery.xml").status_code == 200


def test_02_services_are_the_same_in_both_formats_and_need_no_key(world):
    world.errand.is_public = False
    world.errand.save()
    door = Door()
    rows = door.json("services")
    assert [row["service_code"] for row in rows] == ["0101", "0103", "other"]
    assert rows[0]["metadata"] is False and rows[0]["type"] == "realtime"
    assert rows[0]["group"] == "便民维修"
    tree = door.xml("services")
    assert tree.tag == "services"
    for element, row in zip(tree.findall("service"), rows, strict=True):
        assert {e.tag: e.text or "" for e in element} == {
            name: {True: "true", False: "false"}.get(value, value) for name, value in row.items()
        }


KINDS = {
    "text": "string",
    "number": "number",
    "yesno": "singlevaluelist",
    "choice": "singlevaluelist",
    "choices": "multivaluelist",
    "moment": "datetime",
    "long": "text",
}


@pytest.fixture
def asking(world):
    """A topic with a question of every kind."""
    world.pothole.questions = [
        {
            "key": f"q_{kind}",
            "label": f"问{kind}",
            "type": kind,
            "choices": ["车行道", "人行道"] if kind in ("choice", "choices") else [],
            "required": kind == "choice",
        }
        for kind in KINDS
    ]
    world.pothole.save()
    return world.pothole


def test_03_a_definition_has_every_datatype(asking, door):
    told = door.json("services/0103")
    assert told["service_code"] == "0103"
    assert {a["code"]: a["datatype"] for a in told["attributes"]} == {
        f"q_{kind}": datatype for kind, datatype in KINDS.items()
    }
    assert [a["order"] for a in told["attributes"]] == list(range(1, 8))
    choice = told["attributes"][3]
    assert choice["required"] is True and choice["variable"] is True
    assert choice["values"] == [
        {"key": "车行道", "name": "车行道"},
        {"key": "人行道", "name": "人行道"},
    ]
    tree = door.xml("services/0103")
    assert tree.tag == "service_definition"
    assert tree.findall("attributes/attribute")[3].findtext("values/value/key") == "车行道"
    assert door.json("services")[2]["metadata"] is True
    for unknown in ("9999", "水管", "0102x"):
        assert door.get(f"services/{unknown}.json").status_code == 404


def test_03_answers_arrive_in_their_kind(asking, door):
    number = door.file(
        **{
            "attribute[q_choice]": "人行道",
            "attribute[q_number]": "3",
            "attribute[q_choices][]": ["车行道", "人行道"],
            "attribute[q_moment]": "2026-11-26T08:00:00+08:00",
            "attribute[q_long]": "第一行\n第二行",
        }
    )
    answers = Case.objects.get(number=number).request.answers
    assert answers["q_choice"] == "人行道" and answers["q_number"] == 3
    assert answers["q_choices"] == ["车行道", "人行道"]
    assert answers["q_moment"] == "2026-11-26T08:00:00+08:00"
    assert answers["q_long"] == "第一行\n第二行"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({}, "请回答"),
        ({"attribute[q_choice]": "马路"}, "车行道"),
        ({"attribute[q_choice]": "人行道", "attribute[q_number]": "三"}, "数字"),
        ({"attribute[q_choice]": "人行道", "attribute[q_choices][]": ["天上"]}, "车行道"),
        ({"attribute[q_choice]": "人行道", "attribute[q_moment]": "昨天"}, "时间"),
    ],
)
def test_05_an_attribute_that_is_missing_or_wrong_is_a_400_naming_it(asking, door, answer, says):
    response = door.post(service_code="0103", description="坑", **HERE, **answer)
    assert response.status_code == 400
    (error,) = response.json()
    assert error["code"] == 400 and says in error["description"] and "q_" in error["description"]
    assert not Case.objects.exists()


@pytest.mark.parametrize("multipart", [False, True])
def test_04_post_in_both_encodings(door, multipart):
    response = door.post(
        multipart=multipart, service_code="0103", description="路面坑洼", **HERE, account_id="u7"
    )
    assert response.status_code == 200
    (row,) = response.json()
    case = Case.objects.get(number=row["service_request_id"])
    assert case.title == "路面坑洼" and case.area == "1201/16/001/001/001/"
    assert case.request.channel == "api" and case.reporter is None
    assert row["account_id"] == "u7" and "token" not in row
    tree = ElementTree.fromstring(
        door.post("requests.xml", service_code="0103", description="二", **HERE).content
    )
    assert tree.tag == "service_requests"
    assert tree.findtext("request/service_request_id") == Case.objects.order_by("id").last().number


@pytest.mark.parametrize("way", ["body", "query", "header"])
def test_04_the_key_may_come_in_three_ways(door, given, way):
    key = given[1]
    path = "requests.json" + (f"?api_key={key}" if way == "query" else "")
    response = door.post(
        path,
        key=key if way == "body" else "",
        headers={"X-Api-Key": key} if way == "header" else None,
        service_code="0103",
        description="坑",
        **HERE,
    )
    assert response.status_code == 200


WRONG = {
    "no key": (403, {"api_key": None}, "密钥"),
    "a bad key": (403, {"api_key": "o3_nope"}, "密钥"),
    "no service": (400, {"service_code": None}, "service_code"),
    "an unknown service": (404, {"service_code": "9999"}, "9999"),
    "no place": (400, {"lat": None, "long": None}, "位置"),
    "half a place": (400, {"long": None}, "long"),
    "no number": (400, {"lat": "北纬"}, "经纬度"),
    "not a number": (400, {"lat": "nan"}, "经纬度"),
    "far away": (400, {"lat": "51.5", "long": "-0.1"}, "服务范围"),
    "too long": (400, {"description": "坑" * 4001}, "4000"),
    "bad media": (400, {"media_url": "javascript:alert(1)"}, "media_url"),
    "unknown address id": (400, {"address_id": "999", "lat": None, "long": None}, "999"),
    "two places": (400, {"address_id": "120116002001"}, "address_id"),
}


@pytest.mark.parametrize("fmt", ["json", "xml"])
@pytest.mark.parametrize("name", WRONG)
def test_05_what_is_wrong_is_said_in_the_format_asked_for(door, name, fmt):
    status, wrong, says = WRONG[name]
    form = {"service_code": "0103", "description": "坑", **HERE, "api_key": door.key, **wrong}
    response = door.post(f"requests.{fmt}", key=form.pop("api_key") or "", **form)
    assert response.status_code == status
    if fmt == "json":
        errors = [(one["code"], one["description"]) for one in response.json()]
    else:
        tree = ElementTree.fromstring(response.content)
        assert tree.tag == "errors"
        errors = [(int(e.findtext("code")), e.findtext("description")) for e in tree]
    assert errors[0][0] == status and says in errors[0][1]
    assert not Case.objects.exists() and not Submission.objects.exists()


def test_05_several_errors_are_said_at_once(door):
    response = door.post(description="坑")
    assert [one["code"] for one in response.json()] == [400, 400]


def test_06_a_batch_service_gives_a_token_then_an_id(world, door, at):
    from tongxin.open311.actions import file_waiting

    Service.objects.create(topic=world.pothole, handling="batch")
    assert door.json("services")[2]["type"] == "batch"
    (row,) = door.post(service_code="0103", description="坑", **HERE).json()
    assert "service_request_id" not in row and not Case.objects.exists()
    (told,) = door.json(f"tokens/{row['token']}")
    assert told == {"service_request_id": "", "token": row["token"]}
    assert file_waiting(at=now()) == 1 and file_waiting(at=now()) == 0
    (told,) = door.json(f"tokens/{row['token']}")
    assert told["service_request_id"] == Case.objects.get().number
    tree = door.xml(f"tokens/{row['token']}")
    assert tree.findtext("request/token") == row["token"]
    assert door.get("tokens/nope.json").status_code == 404


def test_06_a_batch_that_cannot_be_filed_says_why(world, door):
    from tongxin.open311.actions import file_waiting

    Service.objects.create(topic=world.pothole, handling="batch")
    (row,) = door.post(service_code="0103", description="坑", **HERE).json()
    world.pothole.questions = [
        {"key": "q1", "label": "多深", "type": "text", "choices": [], "required": True}
    ]
    world.pothole.save()
    assert file_waiting(at=now()) == 1 and not Case.objects.exists()
    response = door.get(f"tokens/{row['token']}.json")
    assert response.status_code == 400 and "多深" in response.json()[0]["description"]


def test_06_a_realtime_one_has_no_token(door):
    door.file()
    assert door.get(f"tokens/{Submission.objects.get().token}.json").status_code == 404


def aged(number, days):
    """Move a case back in time."""
    from tongxin.kit.ids import uuid7

    case = Case.objects.get(number=number)
    at = case.opened_at - timedelta(days=days)
    fresh = Case.objects.get(pk=case.pk)
    fresh.pk, fresh.number, fresh.opened_at = uuid7(at), f"{number}-{days}", at
    fresh.save(force_insert=True)
    return fresh.number


def ids(rows):
    return [row["service_request_id"] for row in rows]


def test_07_the_last_90_days_by_default(door):
    new = door.file()
    old, older = aged(new, 80), aged(new, 100)
    assert ids(door.json("requests")) == [new, old]
    start = (now() - timedelta(days=110)).isoformat()
    assert ids(door.json("requests", start_date=start)) == [old, older]
    end = (now() - timedelta(days=90)).isoformat()
    assert ids(door.json("requests", end_date=end)) == [older]


def test_07_lists_by_comma_and_the_id_overrides_all(door, world):
    first, second = door.file(), door.file(service_code="0101", description="漏水")
    third = door.file(service_code="other", description="别的")
    assert ids(door.json("requests", service_code="0101,other")) == [third, second]
    assert ids(door.json("requests", service_code="0101")) == [second]
    assert ids(door.json("requests", status="closed")) == []
    assert ids(door.json("requests", status="open,closed")) == [third, second, first]
    assert ids(
        door.json(
            "requests", service_request_id=f"{first},{third}", status="closed", start_date="x"
        )
    ) == [third, first]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"start_date": "2026-01-01", "end_date": "2026-06-01"}, "90"),
        ({"start_date": "昨天"}, "start_date"),
        ({"start_date": "2026-02-30T00:00:00Z"}, "start_date"),
        ({"start_date": "2026-03-02", "end_date": "2026-03-01"}, "end_date"),
        ({"status": "done"}, "status"),
        ({"page": "0"}, "page"),
        ({"page_size": "many"}, "page_size"),
        ({"bbox": "1,2,3"}, "bbox"),
    ],
)
def test_07_what_cannot_be_asked_is_a_400(door, query, says):
    response = door.get("requests.json", **query)
    assert response.status_code == 400
    assert says in response.json()[0]["description"]


@pytest.mark.parametrize(
    "start",
    ["2026-01-01T00:00:00Z", "2026-01-01T08:00:00+08:00", "2026-01-01T08:00:00", "2026-01-01"],
)
def test_07_times_are_read_as_clients_write_them(door, start):
    assert door.json("requests", start_date=start) == []


def test_07_pages(door):
    numbers = [door.file(description=f"坑{n}") for n in range(5)][::-1]
    assert ids(door.json("requests", page_size="2")) == numbers[:2]
    assert ids(door.json("requests", page_size="2", page="3")) == numbers[4:]


@pytest.mark.parametrize(
    ("asked", "size"), [({}, 1000), ({"page_size": ["5000"]}, 1000), ({"page_size": ["7"]}, 7)]
)
def test_07_a_list_has_at_most_1000(world, asked, size):
    assert asked_of(Form(asked), at=now()).size == size


def test_08_a_single_request_is_a_list_of_one(door):
    number = door.file()
    (row,) = door.json(f"requests/{number}")
    assert row["service_request_id"] == number
    tree = door.xml(f"requests/{number}")
    assert [e.findtext("service_request_id") for e in tree.findall("request")] == [number]
    assert door.get("requests/120116-20200101-0001.xml").status_code == 404
    assert door.get("requests/坑.json").status_code == 404


def test_09_open_or_closed_and_when(world, door):
    from tongxin.cases.actions import make_move

    number = door.file()
    case = Case.objects.get(number=number)
    (row,) = door.json(f"requests/{number}")
    assert row["status"] == "open" and row["status_notes"] == "待派单"
    make_move(case, "dispatch", at=now(), actor=world.zhang, handler=world.roads)
    (row,) = door.json(f"requests/{number}")
    assert row["status"] == "open" and row["status_notes"] == "待接单"
    assert row["agency_responsible"] == "城市管理委"
    closed = now().replace(microsecond=0)
    Case.objects.filter(pk=case.pk).update(step="closed", closed_at=closed)
    (row,) = door.json(f"requests/{number}")
    assert row["status"] == "closed" and row["status_notes"] == "已完成"
    assert datetime.fromisoformat(row["updated_datetime"]) == closed


def test_10_an_empty_parameter_is_none(door):
    number = door.file(address_id="", email="", media_url="", jurisdiction_id="")
    rows = door.json(
        "requests", service_request_id="", service_code="", status="", start_date="", page="",
        jurisdiction_id="",
    )  # fmt: skip
    assert ids(rows) == [number]


def test_11_types_and_characters(door):
    text = "井盖 <坏> & \"松\"，'危险' 😀\x07\x00\u200b"
    number = door.file(description=text)
    (row,) = door.json(f"requests/{number}")
    assert row["description"] == "井盖 <坏> & \"松\"，'危险' 😀"
    assert isinstance(row["lat"], float) and isinstance(row["long"], float)
    assert isinstance(row["service_code"], str)
    for name in ("requested_datetime", "updated_datetime"):
        assert WITH_ZONE.match(row[name])
    response = door.get(f"requests/{number}.xml")
    assert response["Content-Type"] == "text/xml; charset=utf-8"
    assert response.content.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    tree = ElementTree.fromstring(response.content)
    assert tree.findtext("request/description") == row["description"]
    assert {e.tag for e in tree[0]} == set(row)
    assert door.get("requests.json")["Content-Type"] == "application/json; charset=utf-8"


def test_12_places_are_wgs84_as_they_came(door):
    number = door.file(lat="39.251234", long="117.552345")
    (row,) = door.json(f"requests/{number}")
    assert (row["lat"], row["long"]) == (39.251234, 117.552345)


def test_12_a_box(door):
    number = door.file()
    assert ids(door.json("requests", bbox="117.5,39.2,117.6,39.3")) == [number]
    assert ids(door.json("requests", bbox="117.6,39.2,117.7,39.3")) == []


def test_14_errors_and_unknown_extensions(door):
    response = door.get("requests/nope.json")
    assert response.json() == [{"code": 404, "description": "没有编号为“nope”的公开诉求。"}]
    for path in ("services.yaml", "requests.html", "nonsense.xml", "nonsense"):
        response = door.get(path)
        assert response.status_code == 404
        assert ElementTree.fromstring(response.content).findtext("error/code") == "404"
    assert door.client.delete("/open311/v2/requests.json").status_code == 405


def test_14_without_an_extension_what_is_accepted_counts(door):
    assert door.get("services")["Content-Type"].startswith("text/xml")
    response = door.client.get("/open311/v2/services", headers={"Accept": "application/json"})
    assert response["Content-Type"].startswith("application/json")


def test_calls_are_counted_by_outcome(door, app):
    door.file()
    door.post(service_code="9999", **HERE)
    assert set(CallCount.objects.values_list("what", "status", "n")) == {
        ("file", 200, 1),
        ("file", 404, 1),
    }


TEXT, NUMBER, NOTHING = (str,), (float, int), (type(None),)
# JSON Schema of the contract (4.2, 4.5), as types: ids and codes are texts, flags booleans.
SHAPES = {
    "request": {
        "service_request_id": TEXT, "status": TEXT, "status_notes": TEXT, "service_name": TEXT,
        "service_code": TEXT, "description": TEXT, "agency_responsible": TEXT + NOTHING,
        "service_notice": TEXT + NOTHING, "requested_datetime": TEXT, "updated_datetime": TEXT,
        "expected_datetime": TEXT + NOTHING, "address": TEXT, "address_id": TEXT + NOTHING,
        "zipcode": NOTHING, "lat": NUMBER, "long": NUMBER, "media_url": TEXT + NOTHING,
    },
    "service": {
        "service_code": TEXT, "service_name": TEXT, "description": TEXT, "metadata": (bool,),
        "type": TEXT, "keywords": TEXT, "group": TEXT,
    },
    "attribute": {
        "variable": (bool,), "code": TEXT, "datatype": TEXT, "required": (bool,),
        "datatype_description": TEXT, "order": (int,), "description": TEXT, "values": (list,),
    },
    "update": {
        "update_id": TEXT, "service_request_id": TEXT, "status": TEXT, "updated_datetime": TEXT,
        "description": TEXT, "media_url": NOTHING,
    },
    "error": {"code": (int,), "description": TEXT},
}  # fmt: skip


def fits(row, shape):
    assert set(row) == set(SHAPES[shape])
    for name, kinds in SHAPES[shape].items():
        assert type(row[name]) in kinds, (shape, name, row[name])


def test_15_every_answer_has_its_shape(asking, door, world):
    from tongxin.cases.actions import make_move

    number = door.file(**{"attribute[q_choice]": "人行道"})
    case = Case.objects.get(number=number)
    make_move(case, "dispatch", at=now(), actor=world.zhang, holder=world.wang)
    make_move(case, "accept", at=now(), actor=world.wang)
    for row in door.json("requests") + door.json(f"requests/{number}"):
        fits(row, "request")
        assert re.fullmatch(r"[\w-]+", row["service_request_id"], re.ASCII)
        assert WITH_ZONE.match(row["expected_datetime"])
    for row in door.json("services"):
        fits(row, "service")
        assert row["service_code"].isascii()
    for row in door.json("services/0103")["attributes"]:
        fits(row, "attribute")
    for row in door.json("servicerequestupdates"):
        fits(row, "update")
    for row in door.get("requests/x.json").json():
        fits(row, "error")
