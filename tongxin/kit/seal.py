"""Sealing of sensitive text: AES-256-GCM for keeping, HMAC-SHA-256 for exact search."""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tongxin.kit.errors import Refused

_VERSION = "s1"
_NONCE_BYTES = 12
_LEAST_KEY_BYTES = 16

Secret = bytes | str


class SealBroken(Refused):
    """The sealed text was damaged, or sealed with a key we do not have."""


class Sealer:
    """Seals text with the first key and opens what any of the keys has sealed.

    `key` is one secret or a list of them, newest first; each needs at least 16 bytes.
    Empty text stays empty. Raises ValueError for a key that is too short.
    """

    def __init__(self, key: Secret | Sequence[Secret], index_key: Secret):
        secrets = [key] if isinstance(key, bytes | str) else list(key)
        if not secrets:
            raise ValueError("a sealer needs a key")
        pairs = [
            (_derive(secret, b"id").hex()[:8], AESGCM(_derive(secret, b"seal")))
            for secret in secrets
        ]
        self._current = pairs[0][0]
        self._ciphers = dict(pairs)
        self._index_key = _derive(index_key, b"index")

    def seal(self, text: str) -> str:
        """A token "s1.<key id>.<base64>" that only `open` can read; different every time."""
        if not text:
            return ""
        nonce = os.urandom(_NONCE_BYTES)
        head = f"{_VERSION}.{self._current}"
        box = self._ciphers[self._current].encrypt(nonce, text.encode(), head.encode())
        return f"{head}.{base64.urlsafe_b64encode(nonce + box).decode()}"

    def open(self, token: str) -> str:
        """The text inside a token. Raises SealBroken."""
        if not token:
            return ""
        try:
            version, key_id, body = token.split(".")
            cipher = self._ciphers[key_id]
            box = base64.urlsafe_b64decode(body)
            return cipher.decrypt(
                box[:_NONCE_BYTES], box[_NONCE_BYTES:], f"{version}.{key_id}".encode()
            ).decode()
        except (ValueError, KeyError, binascii.Error, InvalidTag) as error:
            raise SealBroken("这项加密内容打不开，请联系系统管理员核对密钥") from error

    @property
    def head(self) -> str:
        """How every token begins that was sealed with the newest key: "s1.<key id>."."""
        return f"{_VERSION}.{self._current}."

    def needs_resealing(self, token: str) -> bool:
        """Whether the token was sealed with an older key."""
        return bool(token) and not token.startswith(self.head)

    def index(self, text: str) -> str:
        """64 hex digits, the same for the same text: for exact search. Empty text gives ""."""
        return hmac.new(self._index_key, text.encode(), hashlib.sha256).hexdigest() if text else ""


def _derive(secret: Secret, purpose: bytes) -> bytes:
    raw = secret.encode() if isinstance(secret, str) else secret
    if len(raw) < _LEAST_KEY_BYTES:
        raise ValueError(f"a key needs at least {_LEAST_KEY_BYTES} bytes")
    return HKDF(SHA256(), 32, salt=None, info=b"tongxin " + purpose).derive(raw)
