"""A message as it came, read: who, to whom, what they say without what they quote, which photos.

Plain Python over `email`: no tables. What cannot be read is left out, never raised: a letter is
never lost because of its own mistakes.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr, parsedate_to_datetime

from lxml import html as lxml_html
from lxml.etree import ParserError

MEBI = 1024 * 1024
MOST_BYTES = 25 * MEBI
MOST_PHOTOS = 9
MOST_PARTS = 100
TINY = 4 * 1024  # a picture smaller than this is a logo or a dot that counts readers
LONGEST_TEXT = 8_000
# What Chinese mail programs call by older names than what they write.
CHARSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "ansi": "gb18030",
}

# Where the letter ends and what it answers begins.
_QUOTE = re.compile(
    r"^\s*(?:>|-{2,}\s*(?:原始邮件|Original Message|转发邮件|Forwarded message)"
    r"|_{10,}\s*$|发件人[:：]|(?:From|Sent): .+|在 ?\d{4}.{0,80}写道[:：]"
    r"|On .{6,120} wrote:|\d{4}[-年/].{4,60}<[^>]+@[^>]+>.{0,10}[:：]\s*$)",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"^\s*(?:-- ?$|(?:发自|来自)我的.{0,20}$|Sent from my .{0,30}$|Get Outlook for .{0,20}$)",
    re.IGNORECASE,
)
_REPLY = re.compile(r"^\s*(?:(?:re|fw|fwd|回复|答复|转发|回覆)\s*[:：\s]\s*)+", re.IGNORECASE)
_BLOCKS = {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "table", "ul", "ol"}
_QUOTED_HTML = "//blockquote | //*[contains(@class,'gmail_quote')] | //*[@id='divRplyFwdMsg']"


@dataclass(frozen=True)
class Incoming:
    """A letter. `message_id` is made of its content if it has none; addresses are in lower case."""

    message_id: str
    sender: str
    sender_name: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    answers: tuple[str, ...]  # message ids of what it answers, the nearest first
    sent_at: datetime | None
    photos: tuple[bytes, ...] = field(repr=False)
    left_out: tuple[str, ...]  # names of attachments that are no photos
    automatic: str  # why it is no letter of a person; "" if it is one

    @property
    def title(self) -> str:
        """Return the subject without 回复: and the like; else how the text begins."""
        subject = without_marks(self.subject)
        return (subject or self.text.split("\n")[0])[:60]


def without_marks(subject: str) -> str:
    """Return a subject without Re:, 回复: and the like."""
    return _REPLY.sub("", subject).strip()


def read_letter(raw: bytes) -> Incoming:
    """Read a message as a mail server keeps it."""
    message = message_from_bytes(raw, policy=policy.default)
    name, sender = _sender(message)
    text, photos, left_out = _content(message)
    message_id = _ids(message, "Message-ID")[:1]
    return Incoming(
        message_id=message_id[0] if message_id else f"<{hashlib.sha256(raw).hexdigest()}@none>",
        sender=sender,
        sender_name=name[:60],
        recipients=_recipients(message),
        subject=_line(message, "Subject")[:200],
        text=text[:LONGEST_TEXT],
        answers=(*_ids(message, "In-Reply-To"), *reversed(_ids(message, "References"))),
        sent_at=_sent_at(message),
        photos=tuple(photos[:MOST_PHOTOS]),
        left_out=tuple(left_out[:20]),
        automatic=_automatic(message, sender),
    )


def _line(message: EmailMessage, name: str) -> str:
    """Return a header on one line, also one that declares its bytes wrongly or not at all."""
    raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
    pieces = []
    with contextlib.suppress(Exception):  # a header may be broken in every way
        for piece, charset in decode_header(str(raw)):
            if isinstance(piece, bytes):
                pieces.append(_decoded(piece, charset))
            else:
                pieces.append(_undeclared(piece))
    return " ".join("".join(pieces).replace("\x00", "").split())


def _undeclared(text: str) -> str:
    """Return text whose raw bytes stand in it as surrogates, read as UTF-8 or GB18030."""
    if not any("\udc80" <= character <= "\udcff" for character in text):
        return text
    return _decoded(text.encode("utf-8", "surrogateescape"), None)


def _decoded(data: bytes, charset: str | None) -> str:
    wanted = CHARSETS.get((charset or "").lower(), charset or "")
    for one in (wanted, "utf-8", "gb18030"):
        with contextlib.suppress(LookupError, UnicodeDecodeError):
            if one:
                return data.decode(one)
    return data.decode("gb18030", "replace")


def _sender(message: EmailMessage) -> tuple[str, str]:
    name, address = parseaddr(_line(message, "From"))
    return name.strip(), address.strip().lower()[:254]


def _recipients(message: EmailMessage) -> tuple[str, ...]:
    """Return every address it was brought to, the envelope's first."""
    found: dict[str, None] = {}
    for name in ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc"):
        values = [str(v) for key, v in message.raw_items() if key.lower() == name.lower()]
        for _name, address in getaddresses(values[:20]):
            if "@" in address:
                found[address.strip().lower()[:254]] = None
    return tuple(found)[:50]


def _ids(message: EmailMessage, name: str) -> list[str]:
    raw = next((str(v) for key, v in message.raw_items() if key.lower() == name.lower()), "")
    return re.findall(r"<[^<>\s]{1,250}>", raw)[:50]


def _sent_at(message: EmailMessage) -> datetime | None:
    with contextlib.suppress(Exception):
        at = parsedate_to_datetime(_line(message, "Date"))
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    return None


def _automatic(message: EmailMessage, sender: str) -> str:
    """Return a word for why no person wrote this (RFC 3834): such letters are never answered."""

    def says(name: str) -> str:
        return _line(message, name).lower()

    local = sender.partition("@")[0]
    if not sender or local in {"mailer-daemon", "postmaster", "noreply", "no-reply"}:
        return "daemon"
    if says("Return-Path") == "<>" or message.get_content_type() == "multipart/report":
        return "bounce"
    if says("Auto-Submitted") not in ("", "no") or says("X-Autoreply") or says("X-Autorespond"):
        return "auto"
    if (
        says("List-Id")
        or says("List-Unsubscribe")
        or says("Precedence") in ("bulk", "list", "junk")
    ):
        return "list"
    return ""


def _content(message: EmailMessage) -> tuple[str, list[bytes], list[str]]:
    plain, rich = "", ""
    photos: list[bytes] = []
    left_out: list[str] = []
    for part in _leaves(message):
        kind, name = part.get_content_type(), _file_name(part)
        if kind in ("text/plain", "text/html") and not name:
            text = _text_of(part)
            if kind == "text/plain":
                plain += ("\n" if plain else "") + text
            else:
                rich += text
        elif data := _bytes_of(part):
            if kind.startswith("image/") or re.search(r"\.(jpe?g|png|webp|heic)$", name, re.I):
                if len(data) >= TINY or not part.get("Content-ID"):
                    photos.append(data)
            else:
                left_out.append(name[:80] or kind)
    written = plain if plain.strip() else html_to_text(rich)
    return without_quotes(written), photos, left_out


def _leaves(message: EmailMessage) -> Iterator[EmailMessage]:
    for n, part in enumerate(message.walk()):
        if n >= MOST_PARTS:
            return
        if not part.is_multipart() and isinstance(part, EmailMessage):
            yield part


def _file_name(part: EmailMessage) -> str:
    with contextlib.suppress(Exception):
        return _undeclared(part.get_filename() or "")
    return "?"


def _bytes_of(part: EmailMessage) -> bytes:
    with contextlib.suppress(Exception):
        data = part.get_payload(decode=True)
        return data if isinstance(data, bytes) else b""
    return b""


def _text_of(part: EmailMessage) -> str:
    charset = None
    with contextlib.suppress(Exception):
        charset = part.get_content_charset()
    return _decoded(_bytes_of(part), charset).replace("\r\n", "\n").replace("\x00", "")


def html_to_text(source: str) -> str:
    """Return what a reader of the page would read; what it quotes is left out."""
    if not source.strip():
        return ""
    try:
        page = lxml_html.document_fromstring(source[: 4 * MEBI])
    except (ParserError, ValueError):
        return ""
    for gone in page.xpath(f"//script | //style | //head | //title | {_QUOTED_HTML}"):
        tail, parent = gone.tail or "", gone.getparent()
        if parent is not None:
            before = gone.getprevious()
            if before is not None:
                before.tail = (before.tail or "") + tail
            else:
                parent.text = (parent.text or "") + tail
            parent.remove(gone)
    for block in page.iter():
        if block.tag in _BLOCKS:
            block.tail = "\n" + (block.tail or "")
    lines = [" ".join(line.split()) for line in page.text_content().split("\n")]
    return "\n".join(filter(None, lines))


def without_quotes(text: str) -> str:
    """Cut off what is quoted and the signature; all of it, if nothing else would be left."""
    kept: list[str] = []
    for line in text.split("\n"):
        if _QUOTE.match(line) or _SIGNATURE.match(line):
            break
        kept.append(line.rstrip())
    own = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    return own or text.strip()
