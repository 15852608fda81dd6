"""The verifier's page: what waits, what proves it, who may not judge."""

import io

import pytest
from django.utils.timezone import now
from PIL import Image

from tongxin.cases.actions import keep_evidence, make_move
from tongxin.cases.models import Case
from tongxin.orgs.models import Post
from tongxin.requests.actions import blow_whistle, file_request

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def a_photo() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(buffer, "JPEG")
    return buffer.getvalue()


def finished(world, text="水管漏水", doer=None, **more) -> Case:
    doer = doer or world.wang
    case = file_request(
        **{"text": text, "topic": world.tap, "region": world.p1, "at": now(), "actor": world.sun,
           "photos": [a_photo()]} | more
    )  # fmt: skip
    make_move(case, "dispatch", at=now(), actor=world.zhang, holder=doer)
    make_move(case, "accept", at=now(), actor=doer)
    photo = keep_evidence(case=case, data=a_photo(), kind="after", actor=doer, at=now())
    make_move(case, "finish", at=now(), actor=doer, note="修好了", evidence=[photo], minutes=40)
    case.refresh_from_db()
    return case


def waiting(client, user):
    client.force_login(user)
    return client.get("/verify/")


@pytest.mark.mission("S0.52")
def test_work_stands_beside_the_trouble_with_its_verdicts(client, world):
    case = finished(world)
    response = waiting(client, world.chen)
    (one,) = response.context["waiting"]
    assert one["case"] == case
    assert one["proof"].before["word"] == "photo"
    assert one["proof"].after["word"] == "after"
    assert [move.name for move in one["moves"]] == ["verify", "redo"]
    assert "修好了" in response.content.decode()


@pytest.mark.mission("S0.52")
def test_the_doer_never_judges_their_own_work(client, world):
    Post.objects.create(user=world.wang, org=world.pine_party, role="verifier", region=world.pine)
    finished(world)
    response = waiting(client, world.wang)
    (one,) = response.context["waiting"]
    assert one["moves"] == []
    assert "验单通过" not in response.content.decode()
    assert "由其他人验" in response.content.decode()


def test_a_sampled_one_is_marked(client, world):
    world.tap.verify, world.tap.sample_rate = "sampled", 100
    world.tap.save()
    finished(world)
    assert "抽中验单" in waiting(client, world.chen).content.decode()


def test_only_ones_own_area(client, world):
    finished(world)
    other = world.person("kong", "孔平", world.salt_office, "verifier")
    assert waiting(client, other).context["waiting"] == []


def test_the_street_confirms_what_departments_did(client, world):
    whistle = blow_whistle(
        title="河边垃圾", text="夜里倾倒", region=world.pine, street_org=world.north_office,
        departments=[world.roads], at=now(), actor=world.liu,
    )  # fmt: skip
    call = Case.objects.get(parent=whistle)
    make_move(call, "report_in", at=now(), actor=world.li, place={"lng": 117.55, "lat": 39.25})
    photo = keep_evidence(case=call, data=a_photo(), kind="photo", actor=world.li, at=now())
    make_move(call, "finish", at=now(), actor=world.li, note="已清运", evidence=[photo])
    (one,) = waiting(client, world.liu).context["waiting"]
    assert [move.name for move in one["moves"]] == ["confirm", "redo"]


def test_who_judges_nothing_finds_nothing(client, world):
    assert waiting(client, world.zhang).status_code == 404
    assert waiting(client, world.sun).status_code == 404


def test_a_page_costs_few_queries(client, world, django_assert_max_num_queries):
    for n in range(5):
        case = finished(world, f"事{n}")
        Case.objects.filter(pk=case.pk).update(holder=world.zhao)
    waiting(client, world.chen)
    with django_assert_max_num_queries(8):
        assert len(waiting_again(client)) == 5


def waiting_again(client):
    return client.get("/verify/").context["waiting"]
