import base64

import pytest

from tongxin.kit.seal import SealBroken, Sealer

OLD, NEW, INDEX = (
    "an old key of enough length",
    b"a new key of enough length",
    "index key, also long",
)
SEALER = Sealer(NEW, INDEX)


class TestSeal:
    @pytest.mark.parametrize("text", ["11010519491231002X", "王芳住在三单元", "x" * 5000])
    def test_it_opens_again(self, text):
        token = SEALER.seal(text)
        assert SEALER.open(token) == text
        assert token.startswith("s1.")
        assert token.isascii()
        assert text[:4] not in token

    def test_it_is_different_every_time(self):
        assert SEALER.seal("王芳") != SEALER.seal("王芳")

    def test_it_leaves_nothing_as_nothing(self):
        assert (SEALER.seal(""), SEALER.open(""), SEALER.index("")) == ("", "", "")

    def test_it_does_not_open_for_another_key(self):
        with pytest.raises(SealBroken) as caught:
            Sealer(OLD, INDEX).open(SEALER.seal("王芳"))
        assert "核对密钥" in caught.value.message

    def test_it_notices_any_damage(self):
        token = SEALER.seal("王芳")
        version, key_id, body = token.split(".")
        raw = bytearray(base64.urlsafe_b64decode(body))
        raw[-1] ^= 1
        flipped = f"{version}.{key_id}.{base64.urlsafe_b64encode(raw).decode()}"
        for broken in (
            flipped,
            token[:-8],
            f"s2.{key_id}.{body}",
            "s1.x",
            "王芳",
            "..",
            f"s1.{key_id}.",
        ):
            with pytest.raises(SealBroken):
                SEALER.open(broken)

    @pytest.mark.parametrize("keys", ["short", b"", [], [NEW, "short"]])
    def test_it_rejects_weak_keys(self, keys):
        with pytest.raises(ValueError, match="key"):
            Sealer(keys, INDEX)


class TestRotation:
    def test_it_opens_what_an_older_key_has_sealed(self):
        old_token = Sealer(OLD, INDEX).seal("王芳")
        both = Sealer([NEW, OLD], INDEX)
        assert both.open(old_token) == "王芳"
        assert both.needs_resealing(old_token)
        assert not both.needs_resealing(both.seal(both.open(old_token)))
        assert not both.needs_resealing("")

    def test_it_seals_with_the_newest(self):
        assert SEALER.open(Sealer([NEW, OLD], INDEX).seal("王芳")) == "王芳"


class TestIndex:
    def test_it_finds_the_same_text(self):
        assert SEALER.index("11010519491231002X") == Sealer(OLD, INDEX).index("11010519491231002X")
        assert len(SEALER.index("x")) == 64

    def test_it_differs_by_text_and_key(self):
        assert SEALER.index("a") != SEALER.index("b")
        assert SEALER.index("a") != Sealer(NEW, "another index key").index("a")
