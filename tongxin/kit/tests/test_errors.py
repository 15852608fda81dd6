import pytest

from tongxin.kit import errors


class TestRefused:
    def test_it_carries_what_the_edges_show(self):
        refusal = errors.Invalid("请填写电话", field="phone", remedy="填 11 位手机号", line=3)
        assert (refusal.message, refusal.field, refusal.remedy) == (
            "请填写电话",
            "phone",
            "填 11 位手机号",
        )
        assert refusal.extra == {"line": 3}
        assert str(refusal) == "请填写电话"

    def test_it_needs_no_more_than_a_sentence(self):
        refusal = errors.Refused("不行")
        assert (refusal.field, refusal.remedy, refusal.extra) == (None, "", {})

    @pytest.mark.parametrize(
        ("kind", "status", "code"),
        [
            (errors.Refused, 409, "refused"),
            (errors.NotPermitted, 403, "not_permitted"),
            (errors.NotFound, 404, "not_found"),
            (errors.Invalid, 422, "invalid"),
            (errors.Stale, 409, "stale"),
            (errors.TooMany, 429, "too_many"),
        ],
    )
    def test_it_has_a_status_and_a_code(self, kind, status, code):
        assert (kind.status, kind("不行").code) == (status, code)

    def test_it_keeps_initials_together_in_the_code(self):
        class BadURLGiven(errors.Invalid):
            pass

        assert BadURLGiven("不行").code == "bad_url_given"

    def test_it_tells_how_long_to_wait(self):
        refusal = errors.TooMany("请稍后再试", retry_after=60, kind="login")
        assert refusal.retry_after == 60
        assert refusal.extra == {"kind": "login"}
