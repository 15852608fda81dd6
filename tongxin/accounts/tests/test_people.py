"""Users, their sealed phones, and what is forgotten."""

import ast
import re
from datetime import timedelta
from pathlib import Path

import pytest

import tongxin
from tongxin.accounts import actions, queries
from tongxin.accounts.actions import auditing, people
from tongxin.accounts.models import AuditEntry, Delivery, SignInCode, User
from tongxin.kit.errors import Invalid
from tongxin.kit.text import BadNumber

from .conftest import ADDRESS, PHONE

pytestmark = pytest.mark.django_db
HOUSE = Path(tongxin.__file__).parent


class TestAdding:
    def test_a_user_is_added_and_written_down(self, root, at):
        user = actions.add_user(
            username="li", name="李强", at=at, password="hai-he-bian-66", phone=PHONE, by=root
        )
        assert user.check_password("hai-he-bian-66")
        assert user.joined_at == at
        entries = AuditEntry.objects.values_list("action", "actor__name", "object")
        assert set(entries) == {("user.add", "安然", "li"), ("phone.set", "安然", "li")}

    def test_a_name_is_given_once(self, fang, at):
        with pytest.raises(people.NameTaken, match="wangfang"):
            actions.add_user(username="wangfang", name="另一个", at=at)

    def test_a_phone_is_given_once_and_nothing_stays_of_the_attempt(self, sun, at):
        with pytest.raises(people.PhoneTaken):
            actions.add_user(username="li", name="李强", phone=f"+86 {PHONE}", at=at)
        assert not User.objects.filter(username="li").exists()

    def test_a_phone_must_be_one(self, fang, at):
        with pytest.raises(BadNumber):
            actions.set_phone(user=fang, phone="12345", by=fang, at=at)

    def test_a_phone_can_be_removed(self, sun, at):
        actions.set_phone(user=sun, phone="", by=sun, at=at)
        sun.refresh_from_db()
        assert (sun.phone_sealed, sun.phone_index) == ("", None)


class TestUnmasking:
    def test_a_reason_opens_the_number_and_stays_in_the_log(self, sun, fang, at):
        phone = actions.unmask_phone(
            user=sun, by=fang, reason="电话核实地址", at=at, address=ADDRESS
        )
        assert phone == PHONE
        entry = AuditEntry.objects.get(action="phone.unmask")
        said = (entry.actor, entry.object, entry.reason, entry.at, entry.address)
        assert said == (fang, "sun", "电话核实地址", at, ADDRESS)
        assert PHONE not in str(AuditEntry.objects.values())

    @pytest.mark.parametrize("reason", ["", "核实", "  核实   "])
    def test_without_a_reason_it_stays_shut(self, sun, fang, at, reason):
        with pytest.raises(auditing.NoReason, match="至少 4 个字"):
            actions.unmask_phone(user=sun, by=fang, reason=reason, at=at)
        assert not AuditEntry.objects.filter(action="phone.unmask").exists()

    def test_nothing_to_show(self, fang, at):
        with pytest.raises(people.NoPhone):
            actions.unmask_phone(user=fang, by=fang, reason="电话核实地址", at=at)


SEALED = ".phone_sealed"


def functions_with(pattern):
    """Yield "file:function" and the source of every function that matches and names what is sealed."""
    for path in HOUSE.rglob("*.py"):
        if {"tests", "migrations"} & set(path.parts):
            continue
        if SEALED not in (text := path.read_text()):
            continue
        for function in ast.walk(ast.parse(text)):
            if isinstance(function, ast.FunctionDef):
                source = ast.unparse(function)
                if re.search(pattern, source):
                    yield f"{path.relative_to(HOUSE)}:{function.name}", source


def test_nothing_else_opens_a_users_seal():
    """A sealed phone is opened to be masked, to send to it, or after a reason was written down."""
    opens = dict(functions_with(r"open(ed)?\(.*\.phone_sealed\)"))
    unasked = {name for name, source in opens.items() if "audit_look(" not in source}
    masks = {
        "accounts/queries.py:masked_phone",
        "dual_report/queries/units.py:masked_phone",
        "orgs/queries/people.py:masked_numbers",
    }
    # A register on its way out: `spreadsheets` masks it, or asks for a reason and writes it down.
    sheets = {
        "orgs/sheets/posts.py:export",
        "orgs/sheets/members.py:export",
        "orgs/sheets/volunteers.py:export",
        "cadres/sheets/pool.py:export",
        "cadres/sheets/ratings.py:export",
        "taking_part/sheets.py:export",
    }
    # A caller's number moves from the call to the request, sealed again, before anybody sees it.
    moved = {"hotline/actions/calling.py:file_call", "centres/actions/matters.py:complete"}
    # Held against the last digits somebody typed; tells nobody what they are.
    compared = {"centres/queries/links.py:matter_by_number"}
    # What a person gave of themselves: to them, or to a reader whose look was written down before.
    looked = {"care/queries/lists.py:contents_of_stay"}
    sends = {"accounts/actions/delivering.py:_prepare_sms"}
    assert unasked == sends | masks | sheets | moved | looked | compared
    assert "accounts/actions/people.py:unmask_phone" in opens


class TestChangingOneself:
    def test_what_is_chosen_is_kept(self, sun, at):
        actions.change_me(
            user=sun, name="孙奶奶", email="sun@example.com", channels=["sms", "email"], at=at
        )
        sun.refresh_from_db()
        assert (sun.name, sun.channels) == ("孙奶奶", "inbox email sms")

    @pytest.mark.parametrize(
        ("who", "channels", "said"), [("sun", ["email"], "电子邮箱"), ("fang", ["sms"], "手机号")]
    )
    def test_a_channel_needs_an_address(self, request, at, who, channels, said):
        user = request.getfixturevalue(who)
        with pytest.raises(people.CannotBeReached, match=said):
            actions.change_me(user=user, name="甲", email="", channels=channels, at=at)
        assert User.objects.get(pk=user.pk).channels == "inbox"

    def test_a_name_is_needed(self, sun, at):
        with pytest.raises(Invalid, match="请填写姓名"):
            actions.change_me(user=sun, name=" ", email="", channels=[], at=at)


def test_what_has_served_is_forgotten(sun, at):
    actions.send_code(phone=PHONE, address=ADDRESS, at=at)
    actions.send_code(phone=PHONE, address=ADDRESS, at=at + timedelta(days=3))
    for state, sent_at in (("sent", at), ("sent", at + timedelta(days=20)), ("dead", None)):
        Delivery.objects.create(
            channel="sms", user=sun, key=str(sent_at), payload={}, created_at=at, sent_at=sent_at,
            state=state,
        )  # fmt: skip
    audited = AuditEntry.objects.count()
    assert actions.forget_old(at=at + timedelta(days=31)) == 3
    assert actions.forget_old(at=at + timedelta(days=31)) == 0
    assert not SignInCode.objects.exists()
    assert Delivery.objects.count() == 2
    assert AuditEntry.objects.count() == audited


class TestAddresses:
    def test_nobody_is_believed_without_a_proxy_of_ours(self, rf, settings):
        settings.TONGXIN_PROXIES = 0
        request = rf.get("/", headers={"X-Forwarded-For": "1.2.3.4"}, REMOTE_ADDR="10.0.0.1")
        assert queries.address_of(request) == "10.0.0.1"

    @pytest.mark.parametrize(
        ("said", "seen"),
        [("1.2.3.4", "1.2.3.4"), ("9.9.9.9, 1.2.3.4", "1.2.3.4"), ("", "")],
    )
    def test_one_proxy_adds_one_address(self, rf, settings, said, seen):
        settings.TONGXIN_PROXIES = 1
        request = rf.get("/", headers={"X-Forwarded-For": said}, REMOTE_ADDR="10.0.0.1")
        assert queries.address_of(request) == seen
