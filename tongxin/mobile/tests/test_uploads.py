"""Photos in pieces: resumed, proved, kept once; what waits for them is done when the last has come."""

import hashlib
import uuid
from datetime import timedelta

import pytest
from django.utils.timezone import now

from tongxin.cases.models import Case, Evidence
from tongxin.mobile.actions import forget_parts
from tongxin.mobile.actions.uploads import part_of
from tongxin.mobile.models import FieldAction, IncomingPhoto
from tongxin.photos.models import Photo

from .phone import Phone, picture


def report(phone: Phone, *files: bytes, **given) -> dict:
    photos = [("photo", file) for file in files]
    return phone.act("report", photos=photos, **({"topic": "0101", "text": "水管漏水"} | given))


def noise(size: int) -> bytes:
    """More bytes than a piece may hold: a photo of noise, as large."""
    side = int((size / 0.6) ** 0.5)
    return picture(size=(side, side))


class TestWaiting:
    def test_an_action_waits_for_its_photos_and_is_done_with_the_last(self, phone):
        action = report(phone, picture(1), picture(2))
        told = phone.result(action)
        assert (told["state"], len(told["wants"])) == ("waiting", 2)
        assert not Case.objects.exists()
        first, last = phone.upload(action)
        assert (first["state"], first["actions"][0]["state"]) == ("kept", "waiting")
        assert last["actions"][0]["state"] == "done"
        assert phone.result(action)["about"]["number"] == Case.objects.get().number
        kept = Evidence.objects.all()
        assert {one.sha256 for one in kept} == {p["sha256"] for p in action["photos"]}
        assert {one.event.name for one in kept} == {"open"}

    def test_the_evidence_of_the_case_is_the_photo_itself_not_a_copy(self, api, phone):
        action = report(phone, picture())
        phone.result(action)
        phone.upload(action)
        evidence, photo = Evidence.objects.get(), Photo.objects.get()
        assert evidence.file.name == photo.file.name
        response = api("zhang", "GET", f"/cases/{evidence.case_id}/evidence/{evidence.pk}")
        assert b"".join(response.streaming_content)[:2] == b"\xff\xd8"

    def test_the_next_step_of_an_order_waits_for_the_one_before(self, world, phone):
        from tongxin.cases.actions import make_move
        from tongxin.requests.actions import file_request

        case = file_request(
            text="漏水", topic=world.tap, lng=117.55, lat=39.25, at=now() - timedelta(hours=3),
            actor=world.sun,
        )  # fmt: skip
        make_move(
            case, "dispatch", at=now() - timedelta(hours=2), actor=world.zhang, holder=world.mei
        )
        make_move(case, "accept", at=now() - timedelta(hours=2), actor=world.mei)
        answer = phone.move(case, "answer", note="已到现场", ago=timedelta(minutes=9), photos=[("photo", picture())])  # fmt: skip
        wait = phone.move(
            case, "wait", note="等配件", until=(now() + timedelta(days=1)).isoformat()
        )
        assert [one["state"] for one in phone.results(answer, wait)] == ["waiting", "waiting"]
        phone.upload(answer)
        assert [one["state"] for one in phone.results(answer, wait)] == ["done", "done"]
        names = list(case.events.order_by("seq").values_list("name", flat=True))
        assert names[-2:] == ["answer", "wait"]

    def test_a_photo_serves_an_action_that_was_edited_and_sent_anew(self, phone):
        bad = report(phone, picture(), place=None)
        phone.result(bad)
        phone.upload(bad)
        assert phone.result(bad)["state"] == "refused"
        mended = report(phone) | {"photos": bad["photos"]}
        assert phone.result(mended)["state"] == "done"
        assert Evidence.objects.count() == Photo.objects.count() == 1


class TestPieces:
    @pytest.fixture
    def big(self, phone) -> dict:
        action = report(phone, noise(2_500_000))
        phone.result(action)
        return action["photos"][0]

    def test_a_broken_line_goes_on_where_it_broke(self, api, phone, big):
        data, piece = phone.files[big["id"]], 1024 * 1024
        assert big["size"] > 2 * piece
        for offset in range(0, big["size"], piece):
            told = phone.put(big["id"], data[offset : offset + piece], offset).json()
            again = phone.put(big["id"], data[offset : offset + piece], offset).json()
            assert told["received"] == again["received"] == min(big["size"], offset + piece)
            state = api("mei", "GET", f"/field/photos/{big['id']}").json()
            assert state["received"] == told["received"]
        assert state["state"] == "kept"
        assert Case.objects.count() == Photo.objects.count() == 1
        assert not part_of(IncomingPhoto.objects.get()).exists()

    def test_a_gap_is_refused_with_where_to_go_on(self, phone, big):
        phone.put(big["id"], phone.files[big["id"]][:1000])
        for offset in (1001, 2_000_000):
            response = phone.put(big["id"], b"x" * 10, offset)
            assert (response.status_code, response.json()["wanted"]) == (409, 1000)
        response = phone.put(big["id"], b"x" * 10, big["size"] - 5)
        assert response.status_code == 409

    def test_other_bytes_than_announced_begin_anew(self, phone, big):
        data, piece = phone.files[big["id"]], 1024 * 1024
        pieces = [data[n : n + piece] for n in range(0, len(data), piece)]
        phone.put(big["id"], b"x" + pieces[0][1:])
        for n, one in enumerate(pieces[1:-1], 1):
            phone.put(big["id"], one, n * piece)
        response = phone.put(big["id"], pieces[-1], (len(pieces) - 1) * piece)
        assert (response.status_code, response.json()["code"], response.json()["wanted"]) == (409, "wrong_hash", 0)  # fmt: skip
        for n, one in enumerate(pieces):
            told = phone.put(big["id"], one, n * piece).json()
        assert told["state"] == "kept"

    def test_a_piece_that_is_too_large_is_refused(self, phone, big):
        response = phone.put(big["id"], b"x" * (1024 * 1024 + 1))
        assert (response.status_code, response.json()["code"]) == (413, "chunk_too_large")

    def test_what_no_action_announced_and_what_is_anothers_is_the_same_404(self, api, phone, big):
        assert phone.put(str(uuid.uuid4()), b"x").status_code == 404
        other = Phone(api, "wang")
        assert other.put(big["id"], b"x").status_code == 404
        assert api("wang", "GET", f"/field/photos/{big['id']}").status_code == 404

    def test_a_day_has_its_quota(self, phone, big, settings):
        settings.TONGXIN_FIELD_DAY_MB = 1
        response = phone.put(big["id"], b"x" * 10)
        assert (response.status_code, response.json()["code"]) == (429, "quota_full")
        assert response["Retry-After"]
        settings.TONGXIN_FIELD_DAY_MB = 3
        assert phone.put(big["id"], b"x" * 10).status_code == 200

    def test_the_end_can_be_tried_again(self, phone, big, monkeypatch):
        from tongxin.mobile.actions import uploads

        data, piece = phone.files[big["id"]], 1024 * 1024
        with monkeypatch.context() as patch:
            patch.setattr(uploads, "keep_photo", lambda **given: 1 / 0)
            for n in range(0, len(data), piece):
                response = phone.put(big["id"], data[n : n + piece], n)
        assert response.status_code == 500
        told = phone.put(big["id"], b"", big["size"]).json()
        assert (told["state"], told["actions"][0]["state"]) == ("kept", "done")


class TestBad:
    BAD = {
        "video": b"\x00\x00\x00\x20ftypisom" + bytes(4000),
        "truncated": picture(size=(400, 300))[:20_000],
    }

    @pytest.mark.parametrize("name", BAD)
    def test_what_is_no_photo_refuses_its_action_which_stays_whole(self, phone, name):
        action = report(phone, self.BAD[name])
        phone.result(action)
        told = phone.upload(action)[0]
        assert (told["state"], told["actions"][0]["code"]) == ("refused", "photo_refused")
        assert len(told["sentence"]) > 8
        assert not Case.objects.exists()
        assert FieldAction.objects.get().data["text"] == "水管漏水"
        assert phone.result(report(phone))["state"] == "done"

    def test_a_photo_of_fifty_megabytes_is_refused_before_it_is_sent(self, phone):
        photo = {"id": str(uuid.uuid4()), "sha256": "0" * 64, "size": 50 * 2**20, "slot": "photo"}
        told = phone.result(report(phone) | {"photos": [photo]})
        assert (told["state"], told["code"]) == ("refused", "photo_too_large")
        assert phone.put(photo["id"], b"x").status_code == 404

    def test_the_id_of_another_file_is_refused(self, phone):
        first, other = report(phone, picture(1)), report(phone, picture(2))
        phone.result(first)
        other["photos"][0]["id"] = first["photos"][0]["id"]
        assert phone.result(other)["code"] == "photo_reused"
        phone.upload(first)
        assert phone.result(first)["state"] == "done"

    def test_the_id_of_somebody_elses_photo_is_refused(self, api, phone):
        mine, other = report(phone, picture(1)), Phone(api, "wang")
        phone.result(mine)
        phone.upload(mine)
        theirs = report(other, picture(2))
        theirs["photos"][0]["id"] = id = mine["photos"][0]["id"]
        other.result(theirs)
        told = other.put(id, picture(2)).json()
        assert (told["state"], told["actions"][0]["code"]) == ("refused", "photo_refused")
        assert Photo.objects.get().uploaded_by.username == "mei"


class TestForgetting:
    def test_what_stopped_coming_is_given_up_and_said(self, phone):
        action = report(phone, picture())
        phone.result(action)
        phone.put(action["photos"][0]["id"], phone.files[action["photos"][0]["id"]][:100])
        path = part_of(IncomingPhoto.objects.get())
        assert path.exists()
        assert forget_parts(at=now() + timedelta(days=29)) == 0
        assert forget_parts(at=now() + timedelta(days=31)) == 1
        assert not path.exists()
        told = phone.result(action)
        assert (told["state"], told["code"]) == ("refused", "never_came")
        assert FieldAction.objects.get().data["text"] == "水管漏水"

    def test_what_was_kept_stays(self, phone):
        action = report(phone, picture())
        phone.result(action)
        phone.upload(action)
        assert forget_parts(at=now() + timedelta(days=400)) == 0
        assert hashlib.sha256(phone.files[action["photos"][0]["id"]]).hexdigest() == Photo.objects.get().sha256  # fmt: skip
