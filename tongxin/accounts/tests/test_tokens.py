from datetime import timedelta

import pytest

from tongxin.accounts import actions, queries
from tongxin.accounts.models import AuditEntry, Token
from tongxin.kit.errors import Invalid

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(fang, at):
    return actions.make_token(user=fang, name="大屏", at=at, expires_at=at + timedelta(days=1))


def test_a_token_is_its_user_in_one_query(token, fang, at, django_assert_num_queries):
    with django_assert_num_queries(1):
        user = queries.user_of_token(token, at)
        seen = (user.pk, user.name, user.is_active, user.is_superuser, user.channels)
        assert seen == (fang.pk, "王芳", True, False, "inbox")


def test_only_the_hash_is_kept(token):
    assert token.startswith("tx_")
    assert len(token) == 43
    row = Token.objects.get()
    assert token not in str(row.__dict__)
    assert AuditEntry.objects.get(action="token.make").object == "大屏"


def test_a_token_needs_a_name(fang, at):
    with pytest.raises(Invalid, match="请填写用途"):
        actions.make_token(user=fang, name="  ", at=at)
    assert not Token.objects.exists()


def test_a_wrong_token_is_nobody(token, at):
    assert queries.user_of_token(token + "x", at) is None
    assert queries.user_of_token("", at) is None


def test_an_expired_token_is_nobody(token, at):
    assert queries.user_of_token(token, at + timedelta(hours=23)) is not None
    assert queries.user_of_token(token, at + timedelta(days=1)) is None


def test_a_token_without_an_end_stays(fang, at):
    token = actions.make_token(user=fang, name="常用", at=at)
    assert queries.user_of_token(token, at + timedelta(days=4000)) == fang


def test_a_revoked_token_is_nobody(token, fang, at):
    actions.revoke_token(token=Token.objects.get(), by=fang, at=at)
    assert queries.user_of_token(token, at) is None
    actions.revoke_token(token=Token.objects.get(), by=fang, at=at + timedelta(hours=1))
    assert Token.objects.get().revoked_at == at
    assert AuditEntry.objects.filter(action="token.revoke").count() == 1


def test_the_token_of_a_closed_account_is_nobody(token, fang, at):
    fang.is_active = False
    fang.save()
    assert queries.user_of_token(token, at) is None
