"""Reading the mailbox over IMAP: by UID from where the last reading stopped, one worker at a time.

Nothing on the server is changed: a message that was read stays as it is, so that people may look
at the same mailbox. A message is only passed once it is taken in; a crash reads it again, and its
Message-ID says that it is known.
"""

from __future__ import annotations

import imaplib
import logging
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db.models import Q
from imap_tools import BaseMailBox, MailBox, MailboxLoginError, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from ..letters import MOST_BYTES
from ..models import Polling
from .receiving import take_letter

LEASE = timedelta(minutes=5)
TIMEOUT = 15.0
BOXES: dict[str, type[BaseMailBox]] = {
    "imaps": MailBox,
    "imap+tls": MailBoxStartTls,
    "imap": MailBoxUnencrypted,
}
log = logging.getLogger(__name__)


def poll_due(*, at: datetime, limit: int = 20) -> int:
    """Take in what is new in the mailbox of TONGXIN_MAILBOX; return how many messages were read.

    A server that does not answer is said in the log and on the page, and asked again next time.
    """
    if not settings.TONGXIN_MAILBOX:
        return 0
    url = urlsplit(settings.TONGXIN_MAILBOX)
    name = f"{unquote(url.username or '')}@{url.hostname}{url.path}"[:120]
    polling = _leased(name, at)
    if polling is None:
        return 0
    read, error = 0, ""
    try:
        for uid, raw in _new_messages(url, polling, limit):
            take_letter(raw=raw, at=at)
            polling.last_uid = uid
            polling.save(update_fields=["last_uid", "validity"])
            read += 1
    except (OSError, imaplib.IMAP4.error, ImapToolsError, MailboxLoginError) as failure:
        error = f"{type(failure).__name__}: {failure}"[:300]
        log.warning("mailbox %s: %s", name, error)
    polling.leased_until, polling.polled_at, polling.error = None, at, error
    polling.save()
    return read


def _leased(name: str, at: datetime) -> Polling | None:
    """Return the mailbox for us alone; None while another worker reads it."""
    Polling.objects.get_or_create(mailbox=name)
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=at)
    if not Polling.objects.filter(free, mailbox=name).update(leased_until=at + LEASE):
        return None
    return Polling.objects.get(pk=name)


def _new_messages(url, polling: Polling, limit: int) -> Iterator[tuple[int, bytes]]:
    box = BOXES[url.scheme](
        url.hostname, port=url.port or (993 if url.scheme == "imaps" else 143), timeout=TIMEOUT
    )  # type: ignore[call-arg]
    folder = unquote(url.path.strip("/")) or "INBOX"
    user, password = unquote(url.username or ""), unquote(url.password or "")
    try:
        box.login(user, password, folder)
    except Exception:
        box.client.shutdown()  # nobody else closes what was never signed in
        raise
    with box as mailbox:
        validity = int(mailbox.folder.status(folder, ["UIDVALIDITY"])["UIDVALIDITY"])
        if validity != polling.validity:  # the server numbers its messages anew
            polling.validity, polling.last_uid = validity, 0
        for uid in _uids_after(mailbox, polling.last_uid)[:limit]:
            raw = _fetched(mailbox, uid)
            if raw is not None:
                yield uid, raw


def _uids_after(mailbox: BaseMailBox, last: int) -> list[int]:
    # "n:*" always holds the newest message, even if it is older than n.
    found = mailbox.uids(f"UID {last + 1}:*")
    return sorted(uid for one in found if (uid := int(one)) > last)


def _fetched(mailbox: BaseMailBox, uid: int) -> bytes | None:
    """Return a message, or of a huge one no more than tells that it is; None if it is gone."""
    _ok, sizes = mailbox.client.uid("fetch", str(uid), "(RFC822.SIZE)")
    size = re.search(rb"RFC822\.SIZE (\d+)", b" ".join(_bytes_in(sizes)))
    if size is None:
        return None
    what = "(BODY.PEEK[])"
    if int(size[1]) > MOST_BYTES:
        what = f"(BODY.PEEK[]<0.{MOST_BYTES + 1}>)"
    _ok, parts = mailbox.client.uid("fetch", str(uid), what)
    return max(_bytes_in(parts), key=len, default=None)


def _bytes_in(answer) -> list[bytes]:
    return [
        piece
        for one in answer or []
        for piece in (one if isinstance(one, tuple) else (one,))
        if isinstance(piece, bytes)
    ]
