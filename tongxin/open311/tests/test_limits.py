"""What the door refuses and what it hides: bad input, keys, privacy, retries, cost."""

import io
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now
from PIL import Image

from tongxin.cases.actions import make_move
from tongxin.cases.flow import get_flow
from tongxin.cases.models import Case
from tongxin.open311 import actions, handing_in
from tongxin.open311.actions.updates import STATUS_WORDS
from tongxin.open311.models import ClientKey, Submission
from tongxin.open311.queries import STATUS_OF_STEP
from tongxin.requests.actions import file_request

from .conftest import HERE, Door

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"


def raw(door, body, content_type=FORM):
    return door.client.post("/open311/v2/requests.json", body, content_type=content_type)


class TestEncoding:
    """4.11: what is not UTF-8 is refused with a sentence, and nothing is changed."""

    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            ("description=Stra\xdfe".encode("latin-1"), FORM),
            (b"description=Stra%DFe", FORM),
            ("description=路面".encode("gbk"), FORM),
            (b"description=x", f"{FORM}; charset=iso-8859-1"),
            (b'{"description": "x"}', "application/json"),
            (
                "--x\r\nContent-Disposition: form-data; name=description\r\n\r\nStra\xdfe\r\n"
                "--x--\r\n".encode("latin-1"),
                "multipart/form-data; boundary=x",
            ),
        ],
    )
    def test_refused(self, door, body, content_type):
        response = raw(door, body, content_type)
        assert response.status_code == 400
        assert response.json()[0]["code"] == 400
        assert "UTF-8" in response.json()[0]["description"] or "表单" in response.content.decode()
        assert not Submission.objects.exists()

    def test_in_the_address(self, door):
        response = door.client.get("/open311/v2/requests.xml?service_code=%DF")
        assert response.status_code == 400 and "UTF-8" in response.content.decode()

    def test_utf8_both_ways(self, door):
        body = f"api_key={door.key}&service_code=0103&description={quote('路面')}&lat=39.25&long=117.55"
        assert raw(door, body.encode()).status_code == 200
        assert Case.objects.get().text == "路面"

    def test_too_much(self, door, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        response = door.post(service_code="0103", description="坑" * 900, **HERE)
        assert response.status_code == 400 and "太大" in response.json()[0]["description"]


class TestKeys:
    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"ended_at": now()}, "停用"),
            ({"expires_at": now() - timedelta(days=1)}, "到期"),
            ({"may_file": False}, "权限"),
        ],
    )
    def test_one_that_is_not_good_any_more(self, door, app, change, says):
        ClientKey.objects.filter(pk=app.pk).update(**change)
        response = door.post(service_code="0103", description="坑", **HERE)
        assert response.status_code == 403 and says in response.json()[0]["description"]
        assert not Case.objects.exists()
        assert app.calls.get().status == 403

    def test_a_turned_key_overlaps(self, door, app, world, at):
        fresh = actions.turn_key(client=app, by=world.ann, at=at, overlap_days=7)
        assert door.file() and Door(fresh).file(description="另一处")
        ClientKey.objects.filter(pk=app.pk).update(old_until=at - timedelta(seconds=1))
        response = door.post(service_code="0103", description="坑", **HERE)
        assert response.status_code == 403
        assert Door(fresh).file(description="第三处")

    def test_only_a_hash_is_kept(self, given):
        client, key = given
        assert key not in str(ClientKey.objects.values().get())
        assert client.tail == key[-4:]

    def test_too_often(self, door, app):
        ClientKey.objects.filter(pk=app.pk).update(per_minute=2)
        statuses = [
            door.post(service_code="0103", description=f"坑{n}", **HERE).status_code
            for n in range(3)
        ]
        # The minute may turn between two calls, never between all three.
        assert statuses.count(200) >= 2 and set(statuses) <= {200, 429}
        ClientKey.objects.filter(pk=app.pk).update(
            minute_from=now().replace(second=0, microsecond=0), minute_calls=99
        )
        response = door.post(service_code="0103", description="坑坑", **HERE)
        if now().second:  # else the minute may just have turned
            assert response.status_code == 429 and int(response["Retry-After"]) <= 60

    def test_only_inside_its_area(self, door, app, world):
        ClientKey.objects.filter(pk=app.pk).update(region=world.reed)
        response = door.post(service_code="0103", description="坑", **HERE)
        assert response.status_code == 403 and "范围" in response.json()[0]["description"]
        assert not Case.objects.exists()

    def test_the_administrator_gives_turns_and_ends_them(self, app, world, at):
        for act in (
            lambda: actions.give_key(name="x", by=world.gao, at=at),
            lambda: actions.turn_key(client=app, by=world.gao, at=at),
            lambda: actions.end_key(client=app, by=world.gao, at=at),
        ):
            with pytest.raises(actions.NotTheAdministrator):
                act()
        actions.end_key(client=app, by=world.ann, at=at)
        with pytest.raises(actions.keys.KeyEnded):
            actions.turn_key(client=app, by=world.ann, at=at)


class TestJurisdictions:
    def test_one_is_accepted_and_ignored(self, door):
        assert door.json("requests", jurisdiction_id="anything.example") == []

    def test_several_have_to_be_named(self, door, settings):
        settings.TONGXIN_OPEN311_JURISDICTIONS = ["bei.example=120116001", "nan.example=120116002"]
        assert door.get("requests.json").status_code == 400
        assert door.get("services.json", jurisdiction_id="else.example").status_code == 404
        number = door.file(jurisdiction_id="bei.example")
        (row,) = door.json("requests", jurisdiction_id="bei.example")
        assert row["service_request_id"] == number
        assert door.json("requests", jurisdiction_id="nan.example") == []
        there = door.get(f"requests/{number}.json", jurisdiction_id="nan.example")
        assert there.status_code == 404
        wrong = door.post(
            service_code="0103", description="坑", jurisdiction_id="nan.example", **HERE
        )
        assert wrong.status_code == 403 and Case.objects.count() == 1


class TestRetries:
    def test_the_same_again_is_answered_alike(self, door):
        assert door.file(email="a@b.example") == door.file(email="a@b.example")
        assert Case.objects.count() == 1
        assert door.file(email="other@b.example")
        assert Case.objects.count() == 2

    def test_half_an_hour_later_it_is_another(self, door):
        door.file()
        Submission.objects.update(at=now() - timedelta(minutes=31))
        door.file()
        assert Case.objects.count() == 2

    def test_the_key_is_part_of_it(self, door, world, at):
        _other, key = actions.give_key(name="另一个", by=world.ann, at=at)
        assert door.file() != Door(key).file()


class TestPlaces:
    def test_an_address_names_its_community(self, door):
        number = door.file(lat=None, long=None, address_string="北塘街道苇社区东门")
        case = Case.objects.get(number=number)
        assert case.area == "1201/16/001/002/" and case.lng is None
        (row,) = door.json(f"requests/{number}")
        assert row["address"] == "北塘街道苇社区东门" and row["address_id"] == "120116001002"

    def test_one_that_names_none_lies_in_the_district(self, door):
        number = door.file(lat=None, long=None, address_string="某路 5 号")
        assert Case.objects.get(number=number).area == "1201/16/"

    def test_an_address_id_is_a_code_of_ours(self, door):
        number = door.file(lat=None, long=None, address_id="120116001001")
        assert Case.objects.get(number=number).area == "1201/16/001/001/"

    def test_a_point_and_an_id_may_agree(self, door):
        assert door.file(address_id="120116001001")


def photo():
    file = io.BytesIO()
    Image.new("RGB", (80, 60), "gray").save(file, "JPEG")
    file.seek(0)
    file.name = "p.jpg"
    return file


class TestPhotos:
    def test_a_photo_comes_and_is_shown(self, door, settings, tmp_path):
        settings.MEDIA_ROOT = tmp_path
        response = door.post(
            multipart=True, service_code="0103", description="坑", media=photo(), **HERE
        )
        number = response.json()[0]["service_request_id"]
        case = Case.objects.get(number=number)
        assert case.evidence.get().kind == "photo"
        (row,) = door.json(f"requests/{number}")
        path = row["media_url"].removeprefix("http://testserver")
        shown = door.client.get(path)
        assert shown.status_code == 200 and shown["Content-Type"] == "image/jpeg"
        assert b"".join(shown.streaming_content)[:3] == b"\xff\xd8\xff"
        Case.objects.update(is_private=True)
        assert door.client.get(path).status_code == 404

    def test_what_is_no_photo(self, door):
        file = io.BytesIO(b"MZ not a photo")
        file.name = "x.jpg"
        response = door.post(
            multipart=True, service_code="0103", description="坑", media=file, **HERE
        )
        assert response.status_code == 400 and not Case.objects.exists()

    def test_too_many_or_too_large_ones_are_not_read(self, door, monkeypatch):
        many = door.post(
            multipart=True, service_code="0103", media=[photo() for _n in range(10)], **HERE
        )
        assert many.status_code == 400 and "9" in many.json()[0]["description"]
        monkeypatch.setattr(handing_in, "MOST_PHOTO_BYTES", 100)
        large = door.post(multipart=True, service_code="0103", media=photo(), **HERE)
        assert large.status_code == 400 and "MB" in large.json()[0]["description"]
        assert not Submission.objects.exists()

    def test_a_link_is_kept_and_told(self, door):
        number = door.file(media_url="https://photos.example/1.jpg")
        (row,) = door.json(f"requests/{number}")
        assert row["media_url"] == "https://photos.example/1.jpg"
        assert row["description"] == "路面坑洼，已有人绊倒"
        assert "https://photos.example/1.jpg" in Case.objects.get(number=number).text


class TestPrivacy:
    """13: private cases and what tells who somebody is never appear."""

    def test_private_cases_do_not_exist(self, door):
        number = door.file()
        Case.objects.update(is_private=True)
        assert door.json("requests") == []
        assert door.json("requests", service_request_id=number) == []
        assert door.get(f"requests/{number}.json").status_code == 404
        assert door.json("servicerequestupdates") == []

    def test_neither_do_those_of_a_topic_that_is_private(self, door, world):
        number = door.file()
        world.pothole.is_public = False
        world.pothole.save()
        assert door.json("requests") == []
        assert door.get(f"requests/{number}.json").status_code == 404
        assert door.get("services/0103.json").status_code == 404
        assert door.post(service_code="0103", description="再报", **HERE).status_code == 404

    def test_contacts_are_sealed(self, door):
        door.file(first_name="小芳", last_name="王", phone="13820261122", email="w@f.example")
        submission = Submission.objects.get()
        kept = str(Submission.objects.values().get()) + str(Case.objects.values().get())
        for secret in ("小芳", "13820261122", "w@f.example"):
            assert secret not in kept
            for path in ("requests.json", "requests.xml", "servicerequestupdates.json"):
                assert secret not in door.get(path).content.decode()
        assert submission.case.request.contact_sealed

    def test_numbers_in_the_text_are_masked(self, door):
        number = door.file(
            description="请回电 13820261122，身份证 120101199001011234，3号楼2单元501室漏水",
            address_string="松社区3号楼2单元501室",
        )
        (row,) = door.json(f"requests/{number}")
        for secret in ("13820261122", "120101199001011234", "501室"):
            assert secret not in str(row)

    def test_what_residents_filed_is_an_outline(self, door, world):
        case = file_request(
            text="孙阿姨家水管漏水\n门锁密码 4321", at=now(), actor=world.sun, topic=world.tap,
            lng=117.551, lat=39.251, address="某楼某室",
        )  # fmt: skip
        make_move(case, "dispatch", at=now(), actor=world.zhang, holder=world.wang)
        make_move(case, "answer", at=now(), actor=world.zhang, note="密码已告诉王芳")
        (row,) = door.json(f"requests/{case.number}")
        assert row["description"] == "孙阿姨家水管漏水" and row["status_notes"] == "待接单"
        assert (row["long"], row["lat"]) == pytest.approx((117.6, 39.3))  # of the community
        assert row["address"] == "北塘街道 · 松社区"
        for narrow, wanted in (
            ("117.5505,39.2505,117.5515,39.2515", 0),
            ("117.59,39.29,117.61,39.31", 1),
        ):
            assert len(door.json("requests", bbox=narrow)) == wanted
        assert "密码" not in door.get("servicerequestupdates.json").content.decode()

    def test_so_is_what_comes_by_a_client_that_does_not_publish(self, door, app):
        ClientKey.objects.filter(pk=app.pk).update(publishes=False)
        number = door.file(description="井盖坏了\n我是王小芳")
        (row,) = door.json(f"requests/{number}")
        assert row["description"] == "井盖坏了" and row["lat"] == pytest.approx(39.3)

    def test_names_of_people_at_work_are_not_told(self, door, world):
        number = door.file()
        case = Case.objects.get(number=number)
        make_move(case, "dispatch", at=now(), actor=world.zhang, holder=world.wang)
        for path in (f"requests/{number}.json", "servicerequestupdates.json"):
            content = door.get(path).content.decode()
            assert "张敏" not in content and "王芳" not in content


class TestNotes:
    def test_what_is_said_to_who_asked_is_told(self, door, world):
        number = door.file()
        case = Case.objects.get(number=number)
        make_move(
            case, "answer", at=now(), actor=world.zhang, note="已联系养护队，电话 13820261122"
        )
        (row,) = door.json(f"requests/{number}")
        assert row["status_notes"] == "待派单：已联系养护队，电话 138********"


class TestUpdates:
    def update(self, door, number, **changed):
        form = {
            "service_request_id": number, "update_id": "u1", "status": "OPEN",
            "updated_datetime": now().isoformat(), "description": "又塌了一块", **changed,
        }  # fmt: skip
        return door.post("servicerequestupdates.json", **form)

    def test_one_is_written_down_once(self, door, world):
        number = door.file()
        response = self.update(door, number)
        assert response.status_code == 200
        (row,) = response.json()
        assert self.update(door, number).json() == [row]
        event = Case.objects.get(number=number).events.get(name="hear")
        assert event.note == "随手拍：又塌了一块" and row["update_id"] == str(event.pk)
        (told,) = door.json("servicerequestupdates", api_key=door.key)
        assert told["update_id"] == str(event.pk) and told["status"] == "OPEN"
        tree = door.xml("servicerequestupdates")
        assert tree.tag == "service_request_updates"
        assert tree.findtext("request_update/service_request_id") == number

    def test_a_client_closes_nothing(self, door):
        number = door.file()
        assert self.update(door, number, status="FIXED").status_code == 200
        case = Case.objects.get(number=number)
        assert case.step == "filed"
        assert case.events.get(name="hear").note == "随手拍标为已解决：又塌了一块"

    @pytest.mark.parametrize(
        ("changed", "status", "says"),
        [
            ({"status": "GONE"}, 400, "GONE"),
            ({"description": ""}, 400, "description"),
            ({"update_id": ""}, 400, "update_id"),
            ({"updated_datetime": "gestern"}, 400, "updated_datetime"),
            ({"description": "长" * 1501}, 400, "1500"),
            ({"service_request_id": "120116-20200101-0001"}, 404, "0001"),
        ],
    )
    def test_what_is_wrong(self, door, changed, status, says):
        number = door.file()
        response = self.update(door, number, **changed)
        assert response.status_code == status and says in response.json()[0]["description"]
        assert Case.objects.get(number=number).length == 1

    def test_only_of_ones_own_and_with_the_right(self, door, app, world, at):
        number = door.file()
        other, key = actions.give_key(name="另一个", by=world.ann, at=at, may_update=True)
        assert self.update(Door(key), number).status_code == 404
        assert Door(key).json("servicerequestupdates", api_key=key) == []
        ClientKey.objects.filter(pk=app.pk).update(may_update=False)
        assert self.update(door, number).status_code == 403
        assert Case.objects.get(number=number).length == 1

    def test_every_step_has_a_status_of_the_extension(self):
        assert set(STATUS_OF_STEP) == set(get_flow("request").step_of) - {"void"}
        assert set(STATUS_OF_STEP.values()) <= set(STATUS_WORDS)

    def test_what_was_cancelled_takes_no_more(self, door, world):
        number = door.file()
        Case.objects.filter(number=number).update(step="cancelled", closed_at=now())
        response = self.update(door, number)
        assert response.status_code == 400 and "不能再补充" in response.json()[0]["description"]

    def test_the_steps_are_told(self, door, world):
        number = door.file()
        case = Case.objects.get(number=number)
        make_move(case, "dispatch", at=now(), actor=world.zhang, holder=world.wang)
        make_move(case, "accept", at=now(), actor=world.wang)
        rows = door.json("servicerequestupdates")
        assert [row["status"] for row in rows] == ["ACTION_SCHEDULED", "IN_PROGRESS"]
        assert rows[1]["description"] == "办理中"


class TestTheTestEndpoint:
    def test_nothing_is_kept_for_real(self, door):
        door.base = "/open311/test/v2/"
        number = door.file()
        assert number.startswith("test-") and not Case.objects.exists()
        (row,) = door.json(f"requests/{number}")
        assert row["description"] == "路面坑洼，已有人绊倒" and row["status"] == "open"
        assert row["lat"] == 39.25
        assert [one["service_request_id"] for one in door.json("requests")] == [number]
        assert door.json("requests", status="closed") == []
        assert len(door.json("requests", bbox="117.5,39.2,117.6,39.3")) == 1
        assert door.get("requests/test-999.json").status_code == 404
        assert door.post(service_code="0103", description="坑").status_code == 400
        door.base = "/open311/v2/"
        assert door.json("requests") == []
        assert door.get(f"requests/{number}.json").status_code == 404


def test_a_page_of_requests_costs_the_same_however_long(door):
    def cost(fmt):
        with CaptureQueriesContext(
            connection,
        ) as spent:
            door.get(f"requests.{fmt}")
        return len(spent)

    door.file()
    first = cost("json")
    for n in range(5):
        door.file(description=f"坑{n}")
    assert cost("json") == cost("xml") == first <= 6


def test_a_jurisdiction_without_a_code_is_said_at_the_start(settings):
    from tongxin.open311.apps import check_jurisdictions

    settings.TONGXIN_OPEN311_JURISDICTIONS = ["a=120116", "b", "=1"]
    (error,) = check_jurisdictions()
    assert error.id == "open311.E001" and error.msg.endswith("b, =1")
    settings.TONGXIN_OPEN311_JURISDICTIONS = ["a=120116"]
    assert check_jurisdictions() == []
