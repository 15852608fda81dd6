"""Pictures that a media_url names are fetched by the worker: from a real server of this machine."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from tongxin.cases.models import Case, Evidence
from tongxin.open311 import actions, guarded, pictures
from tongxin.open311.models import MediaCopy, Submission

from .servers import Fake, drop

MINUTE = timedelta(minutes=1)


def jpeg() -> bytes:
    file = BytesIO()
    Image.effect_noise((60, 40), 80).convert("RGB").save(file, "JPEG")
    return file.getvalue()


PICTURE = jpeg()


@pytest.fixture(autouse=True)
def _private(settings, tmp_path):
    settings.TONGXIN_OPEN311_ALLOW_PRIVATE = settings.TONGXIN_OPEN311_MEDIA_HTTP = True
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def fake(app):
    """A server of pictures; the client's pictures may come from it."""
    with Fake() as fake:
        fake.host = f"127.0.0.1:{fake.server.server_port}"
        fake.script["GET a.jpg"] = [(200, PICTURE)]
        type(app).objects.filter(pk=app.pk).update(media_hosts=fake.host)
        yield fake


def filed(door, fake, **form):
    number = door.file(media_url=f"{fake.url}/a.jpg", **form)
    return Case.objects.get(number=number)


def the():
    return MediaCopy.objects.get()


@pytest.mark.django_db
class TestFetching:
    def test_a_picture_becomes_evidence_once(self, door, fake, at):
        case = filed(door, fake)
        assert actions.copy_media_due(at=at + MINUTE) == 1
        assert actions.copy_media_due(at=at + 2 * MINUTE) == 0
        MediaCopy.objects.update(next_at=at)  # as if a worker had died after it was kept
        actions.copy_media_due(at=at + 3 * MINUTE)
        photo = case.evidence.get()
        assert (photo.kind, photo.uploaded_by, photo.event.name) == ("photo", None, "attach")
        assert photo.event.data["evidence"] == [photo.sha256]
        assert the().state == "kept" and the().last_error == ""
        assert fake.words()[0] == "GET a.jpg"

    def test_nobody_is_told_and_the_public_word_stays(self, door, fake, at):
        case = filed(door, fake)
        before = door.json(f"requests/{case.number}")[0]
        actions.copy_media_due(at=at + MINUTE)
        after = door.json(f"requests/{case.number}")[0]
        assert after["status_notes"] == before["status_notes"]
        assert after["media_url"] == f"{fake.url}/a.jpg"
        assert case.flow.move_of["attach"].tells == ""

    def test_a_batch_one_is_fetched_once_it_is_filed(self, world, door, fake, at):
        actions.set_service(
            topic=world.pothole, handling="batch", is_offered=True, by=world.ann, at=at
        )
        form = {"service_code": "0103", "description": "坑", "lat": "39.25", "long": "117.55"}
        door.post(media_url=f"{fake.url}/a.jpg", **form)
        assert not MediaCopy.objects.exists()
        actions.file_waiting(at=at + MINUTE)
        actions.copy_media_due(at=at + MINUTE)
        assert Submission.objects.get().case.evidence.count() == 1

    def test_the_same_picture_handed_in_as_a_file_is_not_kept_twice(self, door, fake, at):
        file = SimpleUploadedFile("a.jpg", PICTURE, "image/jpeg")
        response = door.post(
            multipart=True, media=file, media_url=f"{fake.url}/a.jpg", service_code="0103",
            description="坑", lat="39.25", long="117.55",
        )  # fmt: skip
        assert response.status_code == 200
        actions.copy_media_due(at=at + MINUTE)
        assert Evidence.objects.count() == 1 and the().state == "kept"

    def test_a_redirect_is_followed_to_agreed_hosts_only(self, door, fake, at):
        def moved_to(address):
            def answer(handler):
                handler.send_response(302)
                handler.send_header("Location", address)
                handler.send_header("Content-Length", "0")
                handler.end_headers()

            return answer

        fake.script["GET b.jpg"] = fake.script["GET a.jpg"]
        fake.script["GET a.jpg"] = [moved_to("b.jpg")]
        case = filed(door, fake)
        actions.copy_media_due(at=at + MINUTE)
        assert case.evidence.count() == 1
        fake.script["GET a.jpg"] = [moved_to("http://127.0.0.1:1/secret")]
        filed(door, fake, description="另一处")
        actions.copy_media_due(at=at + MINUTE)
        last = MediaCopy.objects.latest("pk")
        assert last.state == "dead" and "127.0.0.1:1" in last.last_error
        fake.script["GET a.jpg"] = [moved_to("a.jpg")]
        filed(door, fake, description="转圈")
        actions.copy_media_due(at=at + MINUTE)
        assert MediaCopy.objects.latest("pk").last_error == "转了太多次地址"


@pytest.mark.django_db
class TestRefusing:
    @pytest.mark.parametrize(
        ("answer", "why"),
        [
            ((404, b"no"), "HTTP 404"),
            ((200, b"<html>sign in</html>"), "这不是图片"),
            ((200, PICTURE[:300]), "图片已损坏"),
        ],
    )
    def test_what_is_no_picture_is_given_up(self, door, fake, at, answer, why):
        fake.script["GET a.jpg"] = [answer]
        case = filed(door, fake)
        actions.copy_media_due(at=at + MINUTE)
        assert (the().state, the().next_at) == ("dead", None) and why in the().last_error
        case.refresh_from_db()
        assert case.is_open and not case.evidence.exists() and "附图链接" in case.text

    @pytest.mark.parametrize("answer", [(503, b""), drop])
    def test_what_may_come_later_is_tried_again(self, door, fake, at, answer):
        fake.script["GET a.jpg"] = [answer, (200, PICTURE)]
        case = filed(door, fake)
        actions.copy_media_due(at=at + MINUTE)
        assert (the().state, the().next_at) == ("waiting", at + 2 * MINUTE)
        assert actions.copy_media_due(at=at + MINUTE) == 0
        actions.copy_media_due(at=at + 2 * MINUTE)
        assert case.evidence.count() == 1

    def test_after_the_last_try_it_is_given_up(self, door, fake, at):
        fake.script["GET a.jpg"] = [(503, b"")]
        filed(door, fake)
        for day in range(1, 8):
            actions.copy_media_due(at=at + timedelta(days=day))
        assert the().state == "dead" and the().tries == 6

    def test_one_that_is_too_large_or_too_slow(self, door, fake, at, monkeypatch):
        monkeypatch.setattr(pictures, "MOST_BYTES", 100)
        filed(door, fake)
        actions.copy_media_due(at=at + MINUTE)
        assert the().state == "dead" and the().last_error.startswith("图片超过")
        monkeypatch.undo()
        monkeypatch.setattr(guarded, "TIMEOUT", 0.1)
        fake.script["GET a.jpg"] = [lambda _handler: fake.released.wait(2) and None]
        filed(door, fake, description="慢的")
        actions.copy_media_due(at=at + MINUTE)
        assert MediaCopy.objects.latest("pk").state == "waiting"

    def test_into_the_house_it_does_not_go(self, door, fake, at, settings):
        settings.TONGXIN_OPEN311_ALLOW_PRIVATE = False
        filed(door, fake)
        actions.copy_media_due(at=at + MINUTE)
        assert the().state == "dead" and "内部网络" in the().last_error and not fake.got

    def test_by_plain_http_only_where_the_settings_say_so(self, door, fake, settings):
        settings.TONGXIN_OPEN311_MEDIA_HTTP = False
        filed(door, fake)
        assert the().state == "dead" and "https" in the().last_error

    def test_other_hosts_are_not_asked_and_without_any_nothing_waits(self, door, fake, app):
        type(app).objects.update(media_hosts="img.example.cn")
        filed(door, fake)
        assert the().state == "dead" and fake.host in the().last_error
        type(app).objects.update(media_hosts="")
        filed(door, fake, description="第二件")
        assert MediaCopy.objects.count() == 1

    def test_a_case_that_was_cancelled_takes_none(self, door, fake, at):
        case = filed(door, fake)
        Case.objects.filter(pk=case.pk).update(step="cancelled")
        actions.copy_media_due(at=at + MINUTE)
        assert "撤单" in the().last_error and not case.evidence.exists()


class TestHosts:
    @pytest.mark.parametrize(
        ("url", "hosts", "goes"),
        [
            ("https://img.example.cn/a.jpg", "img.example.cn", True),
            ("https://IMG.example.cn/a.jpg", "img.example.cn", True),
            ("https://a.b.example.cn/a", "*.example.cn", True),
            ("https://example.cn/a", "*.example.cn", False),
            ("https://badexample.cn/a", "*.example.cn", False),
            ("https://img.example.cn:8443/a", "img.example.cn", False),
            ("https://img.example.cn:8443/a", "img.example.cn:8443", True),
            ("https://img.example.cn@evil.cn/a", "img.example.cn", False),
            ("https://img.example.cn:x/", "img.example.cn", False),
            ("file://img.example.cn/etc/passwd", "img.example.cn", False),
        ],
    )
    def test_which_are_agreed_on(self, url, hosts, goes):
        assert (pictures.refuse_picture(url, hosts.split()) == "") is goes

    @pytest.mark.parametrize("text", ["localhost", "https://img.cn", "*.cn*", "a b.c/d", "*"])
    def test_what_is_no_host(self, text):
        with pytest.raises(pictures.BadHost, match="不是主机名"):
            pictures.hosts_of(text)

    @pytest.mark.parametrize(
        "address",
        ["::ffff:8.8.8.8", "64:ff9b::a00:1", "2002:a00:1::1", "224.0.0.1", "100.64.0.1", "fe80::1%lo"],
    )  # fmt: skip
    def test_addresses_that_lead_inside(self, address):
        assert not guarded.is_public(address)


@pytest.mark.django_db
class TestPage:
    def test_hosts_are_set_and_failures_shown_and_tried_again(self, world, door, app, fake, at):
        client = Client()
        client.force_login(world.ann)
        fake.script["GET a.jpg"] = [(404, b"")]
        form = {
            "name": app.name, "contact": "", "may_file": "on", "publishes": "on", "days": "keep",
            "per_minute": "60", "region": "", "media_hosts": f"{fake.host.upper()}，*.example.cn",
        }  # fmt: skip
        edit = reverse("open311:edit-key", args=[app.pk])
        assert "不是主机名" in client.post(edit, form | {"media_hosts": "x"}).content.decode()
        assert client.post(edit, form).status_code == 302
        app.refresh_from_db()
        assert app.media_hosts == f"{fake.host} *.example.cn"
        case = filed(door, fake)
        actions.copy_media_due(at=at + MINUTE)
        page = client.get(reverse("open311:key", args=[app.pk])).content.decode()
        assert "HTTP 404" in page and case.number in page and "没有取到 1 张" in page
        again = reverse("open311:retry-media", args=[app.pk, the().pk])
        client.post(again)
        assert the().state == "waiting"
        with pytest.raises(actions.NotGivenUp):
            actions.retry_media(copy=the(), by=world.ann, at=at)
        client.force_login(world.gao)
        assert client.post(again).status_code == 404
