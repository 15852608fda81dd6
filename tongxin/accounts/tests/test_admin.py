"""The administrator's pages of accounts."""

import json

import pytest
from django.urls import reverse

from tongxin.accounts import actions, queries
from tongxin.accounts.models import AuditEntry, Delivery, Subscription, Token, User

from .conftest import PHONE

pytestmark = pytest.mark.django_db


def page(name, *args):
    return reverse(f"admin:accounts_{name}", args=args)


@pytest.fixture
def ann(client, root):
    client.force_login(root)
    return client


def text(response):
    return response.content.decode()


@pytest.mark.parametrize("model", ["user", "token", "subscription", "delivery", "auditentry"])
class TestLists:
    def test_it_opens_for_the_administrator(self, ann, model, sun, at):
        actions.make_token(user=sun, name="大屏", at=at)
        assert ann.get(page(f"{model}_changelist")).status_code == 200

    def test_it_is_closed_to_others(self, client, fang, model):
        client.force_login(fang)
        response = client.get(page(f"{model}_changelist"), follow=True)
        assert response.status_code == 403
        assert "只对系统管理员开放" in text(response)


class TestDoor:
    def test_it_is_the_one_that_counts_failures(self, client, root):
        response = client.get(reverse("admin:login"), {"next": "/admin/"})
        assert response["Location"] == f"{reverse('accounts:password')}?next=%2Fadmin%2F"
        assert client.post(reverse("admin:login"), {"username": "root"}).status_code == 302


def test_there_are_no_groups(ann):
    """Posts are the only source of permission."""
    page = text(ann.get(reverse("admin:index")))
    assert reverse("admin:accounts_user_changelist") in page
    assert "/auth/group/" not in page


# Rows of the floor above: posts there are, and room for new ones.
NO_POSTS = {
    f"{rows}-{count}_FORMS": "0" for rows in ("posts", "posts-2") for count in ("TOTAL", "INITIAL")
}
WORDS = {"username": "li", "name": "李强", "email": "", "is_active": "on"} | NO_POSTS


class TestUsers:
    def test_one_is_made(self, ann, root):
        words = {**WORDS, "phone": "138 2026 1122", "new_password": "hai-he-bian-66"}
        assert ann.post(page("user_add"), words).status_code == 302
        user = User.objects.get(username="li")
        assert user.check_password("hai-he-bian-66")
        assert queries.masked_phone(user) == "138****1122"
        assert user.joined_at
        entries = AuditEntry.objects.values_list("action", "actor", "object")
        assert set(entries) == {
            (action, root.pk, "li") for action in ("user.add", "phone.set", "password.set")
        }

    def test_without_a_password_only_the_phone_opens(self, ann):
        ann.post(page("user_add"), WORDS)
        assert not User.objects.get(username="li").has_usable_password()

    @pytest.mark.parametrize(
        "words",
        [{"username": ""}, {"username": "sun"}, {"phone": "123"}, {"phone": PHONE}]
        + [{"new_password": "123"}],
    )
    def test_what_is_wrong_is_not_made(self, ann, sun, words):
        assert ann.post(page("user_add"), {**WORDS, **words}).status_code == 200
        assert not User.objects.filter(name="李强").exists()

    def test_a_change_leaves_what_is_not_filled_in(self, ann, fang, at):
        actions.set_phone(user=fang, phone=PHONE, by=None, at=at)
        shown = text(ann.get(page("user_change", fang.pk)))
        assert "138****1122" in shown
        assert PHONE not in shown
        words = {**WORDS, "username": "wangfang", "name": "王芳芳"}
        assert ann.post(page("user_change", fang.pk), words).status_code == 302
        fang.refresh_from_db()
        assert fang.name == "王芳芳"
        assert fang.check_password("jiu-he-da-gu-88")
        assert queries.masked_phone(fang) == "138****1122"
        assert AuditEntry.objects.get(action="user.change").detail == {
            "fields": ["name"],
            "before": {"name": "王芳"},
        }

    def test_a_whole_phone_finds_its_user(self, ann, sun, fang):
        found = text(ann.get(page("user_changelist"), {"q": PHONE}))
        assert "孙桂兰" in found
        assert "王芳" not in found
        assert "孙桂兰" not in text(ann.get(page("user_changelist"), {"q": PHONE[:7]}))

    def test_nobody_is_deleted(self, ann, sun):
        assert ann.post(page("user_delete", sun.pk), {"post": "yes"}).status_code == 403
        assert User.objects.filter(pk=sun.pk).exists()

    @pytest.mark.parametrize(("reason", "shown"), [("电话核实地址", True), ("看看", False)])
    def test_a_phone_is_shown_for_a_reason(self, ann, root, sun, reason, shown):
        words = {"_form_submitted": "1", "reason": reason}
        response = ann.post(page("user_unmask", sun.pk), words)
        assert response.headers["HX-Redirect"] == page("user_change", sun.pk)
        assert (PHONE in text(ann.get(page("user_change", sun.pk)))) == shown
        assert AuditEntry.objects.filter(action="phone.unmask", actor=root).exists() == shown
        assert PHONE not in text(ann.get(page("user_change", sun.pk))), "shown once"


class TestTokens:
    def test_they_are_revoked_here(self, ann, root, sun, at):
        token = actions.make_token(user=sun, name="大屏", at=at)
        pk = Token.objects.get().pk
        ann.post(page("token_changelist"), {"action": "revoke", "_selected_action": [pk]})
        assert queries.user_of_token(token, at) is None
        assert AuditEntry.objects.get(action="token.revoke").actor == root

    def test_and_neither_made_nor_shown(self, ann, sun, at):
        actions.make_token(user=sun, name="大屏", at=at)
        row = Token.objects.get()
        assert ann.get(page("token_add")).status_code == 403
        assert row.digest not in text(ann.get(page("token_change", row.pk)))


class TestSubscriptions:
    words = {"name": "数据中台", "url": "http://gateway/hook", "is_active": "on"}

    def test_the_secret_is_sealed(self, ann):
        secret = "sixteen-letters-long"
        response = ann.post(page("subscription_add"), {**self.words, "secret": secret})
        assert response.status_code == 302
        row = Subscription.objects.get()
        assert secret not in row.secret_sealed
        assert queries.sealer().open(row.secret_sealed) == secret
        ann.post(page("subscription_change", row.pk), {**self.words, "name": "新中台"})
        again = Subscription.objects.get()
        assert (again.name, again.secret_sealed) == ("新中台", row.secret_sealed)
        assert secret not in text(ann.get(page("subscription_change", row.pk)))

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ({"secret": ""}, "请填写密钥"),
            ({"secret": "short"}, "16"),
            ({"url": "ftp://gateway/"}, "不是 http 或 https 地址"),
        ],
    )
    def test_what_is_wrong_is_said(self, ann, words, said):
        wrong = {**self.words, "secret": "sixteen-letters-long", **words}
        assert said in text(ann.post(page("subscription_add"), wrong))
        assert not Subscription.objects.exists()


class TestDeliveries:
    def test_the_dead_are_sent_anew_and_no_others(self, ann, sun, at):
        for state in ("dead", "sent"):
            Delivery.objects.create(
                channel="sms", user=sun, key=state, payload={}, created_at=at, state=state, tries=6
            )
        chosen = list(Delivery.objects.values_list("pk", flat=True))
        ann.post(page("delivery_changelist"), {"action": "retry", "_selected_action": chosen})
        assert set(Delivery.objects.values_list("key", "state", "tries")) == {
            ("dead", "waiting", 0),
            ("sent", "sent", 6),
        }


class TestAudit:
    def test_it_is_read_and_never_written(self, ann, sun, at):
        entry = AuditEntry.objects.first()
        assert "登记手机号" in text(ann.get(page("auditentry_changelist")))
        assert ann.get(page("auditentry_add")).status_code == 403
        assert ann.post(page("auditentry_change", entry.pk), {"reason": "x"}).status_code == 403
        assert ann.post(page("auditentry_delete", entry.pk), {"post": "yes"}).status_code == 403
        assert "delete_selected" not in text(ann.get(page("auditentry_changelist")))
        assert AuditEntry.objects.get(pk=entry.pk).reason == ""
        assert json.dumps(entry.detail) == "{}"
