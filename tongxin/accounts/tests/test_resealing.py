"""A new sealing key: everything sealed before is sealed anew, in pieces, and nothing is lost."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from django.apps import apps

from tongxin.accounts.actions import count_old, resealing, set_phone
from tongxin.accounts.models import AuditEntry, Delivery, User
from tongxin.accounts.queries import sealer
from tongxin.cli import main
from tongxin.requests.actions import file_request
from tongxin.testing import NOON

PHONES = {"wang": "13812345678", "zhao": "13812345679", "sun": "13812345670"}


@pytest.fixture
def sealed(world):
    """People with numbers, a request for somebody, a message with an address: all under one key."""
    for name, phone in PHONES.items():
        set_phone(user=getattr(world, name), phone=phone, by=world.ann, at=NOON)
    case = file_request(
        text="漏水", topic=world.tap, region=world.p1, actor=world.zhang, at=NOON,
        beneficiary="孙阿姨", contact="13800001111", consent="电话同意", channel="desk",
    )  # fmt: skip
    Delivery.objects.create(
        key="m:1", channel="mail", created_at=NOON, next_at=NOON,
        payload={"letters": [{"to_sealed": sealer().seal("a@example.cn"), "title": "s1.不是密文"}]},
    )  # fmt: skip
    return case


@pytest.fixture
def turned(sealed, settings):
    """A new key stands before the old one."""
    old = list(settings.TONGXIN_SEAL_KEYS)
    settings.TONGXIN_SEAL_KEYS = ["a-new-key-of-sixteen-bytes-at-least", *old]
    return sealed


def only_new(settings):
    settings.TONGXIN_SEAL_KEYS = settings.TONGXIN_SEAL_KEYS[:1]


def test_all_of_it_can_be_read_with_the_new_key_alone(world, turned, settings):
    before = dict(User.objects.values_list("username", "phone_index"))
    assert count_old() == 5
    told = resealing.reseal(at=NOON, batch=2)
    assert (told.done, told.n_broken) == (6, 0) and count_old() == 0
    only_new(settings)
    for name, phone in PHONES.items():
        assert sealer().open(User.objects.get(username=name).phone_sealed) == phone
    turned.request.refresh_from_db()
    assert sealer().open(turned.request.beneficiary_sealed) == "孙阿姨"
    assert sealer().open(turned.request.contact_sealed) == "13800001111"
    (letter,) = Delivery.objects.get(key="m:1").payload["letters"]
    assert sealer().open(letter["to_sealed"]) == "a@example.cn"
    assert letter["title"] == "s1.不是密文"
    assert dict(User.objects.values_list("username", "phone_index")) == before
    assert AuditEntry.objects.get(action="seal.reseal").detail == {"done": 6, "broken": 0}


def test_a_run_that_broke_off_is_taken_up_again(world, turned):
    class Stopped(Exception):
        pass

    def stop(done, total):
        assert total == 5
        if done >= 2:
            raise Stopped

    with pytest.raises(Stopped):
        resealing.reseal(at=NOON, batch=1, progress=stop)
    assert count_old() == 3
    resealing.reseal(at=NOON)
    assert count_old() == 0
    assert resealing.reseal(at=NOON).done == 0


def test_what_cannot_be_opened_is_named_and_left_as_it_is(world, turned, settings):
    old = settings.TONGXIN_SEAL_KEYS
    settings.TONGXIN_SEAL_KEYS = ["a-key-that-was-lost-long-ago"]
    lost = sealer().seal("13999999999")
    User.objects.filter(username="wang").update(phone_sealed=lost)
    settings.TONGXIN_SEAL_KEYS = old
    answer = CliRunner().invoke(main, ["reseal"])
    assert answer.exit_code == 1 and "重新加密 5 项" in answer.output
    assert f"accounts.User {world.wang.pk} phone_sealed" in answer.output
    assert User.objects.get(username="wang").phone_sealed == lost
    assert CliRunner().invoke(main, ["reseal", "--check"]).exit_code == 1


def test_the_command_says_when_the_old_key_can_go(world, turned):
    checked = CliRunner().invoke(main, ["reseal", "--check"])
    assert checked.exit_code == 1 and "还有 5 行" in checked.output
    done = CliRunner().invoke(main, ["reseal"])
    assert done.exit_code == 0 and "重新加密 6 项" in done.output
    assert "旧密钥可以从设置里去掉" in CliRunner().invoke(main, ["reseal", "--check"]).output


@pytest.mark.django_db
def test_every_column_of_sealed_text_is_looked_at():
    known = {f"{one.model._meta.label}.{name}" for one in resealing.places() for name in one.texts}
    for model in apps.get_models():
        for column in model._meta.local_fields:
            if column.name.endswith("_sealed"):
                assert f"{model._meta.label}.{column.name}" in known
    assert {"places.CareSignUp.phone", "spreadsheets.ImportBlock.rows"} <= known
    assert not any(name.startswith("cases.Event.") for name in known)
