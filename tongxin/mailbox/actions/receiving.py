"""A letter comes in: it opens a request, adds to one, waits for a person, or is refused.

A message is read once, by its Message-ID. What a machine wrote never opens a case and is never
answered (RFC 3834). Who only knows the number of a case cannot write into it: that takes our
signed reply address, an answer to a message of ours, or the address the case was written from.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.actions import tell
from tongxin.accounts.queries import sealer
from tongxin.cases.actions import keep_evidence, make_move
from tongxin.cases.models import Case
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.images import check_photo
from tongxin.regions.models import Region
from tongxin.requests.actions import file_request
from tongxin.requests.models import Channel

from .. import queries
from ..letters import MOST_BYTES, Incoming, read_letter
from ..models import Correspondent, Letter
from .telling import acknowledge

A_DAY = timedelta(days=1)
CASES_A_DAY = 10  # of one sender; more of them wait for a person
MOST_NOTE = 1_900
AUTOMATIC = {
    "daemon": gettext_lazy("系统地址发出，不是居民来信"),
    "bounce": gettext_lazy("退信通知"),
    "auto": gettext_lazy("自动回复"),
    "list": gettext_lazy("群发或订阅邮件"),
}


def take_letter(*, raw: bytes, at: datetime) -> Letter:
    """Take a message in, as the mail server keeps it; a message that was read before changes nothing.

    Returns the letter with what became of it; nothing a message may contain makes this raise.
    """
    incoming = read_letter(raw[:MOST_BYTES])
    known = Letter.objects.filter(digest=queries.digest(incoming.message_id)).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            letter = _write_down(incoming, at)
            _decide(letter, incoming, raw, at)
    except IntegrityError:  # another worker read it at the same moment
        return Letter.objects.get(digest=queries.digest(incoming.message_id))
    return letter


def _write_down(incoming: Incoming, at: datetime) -> Letter:
    address = queries.address_for(incoming.recipients)
    opened = sealer()
    return Letter.objects.create(
        digest=queries.digest(incoming.message_id),
        message_id=incoming.message_id if len(incoming.message_id) <= 254 else "",
        sender_sealed=opened.seal(incoming.sender) if incoming.sender else "",
        sender_index=opened.index(incoming.sender) if incoming.sender else "",
        sender_shown=masked_sender(incoming),
        recipient=address.address if address else next(iter(incoming.recipients), "")[:254],
        region=address.region if address else None,
        area=address.region.path if address else "",
        subject=readable(incoming.subject)[:200],
        text=readable(incoming.text),
        photos=len(incoming.photos),
        state=Letter.State.HELD,
        sent_at=incoming.sent_at,
        received_at=at,
    )


def masked_sender(incoming: Incoming) -> str:
    """Return how a sender is shown: 王* w***@example.org."""
    local, _at, domain = incoming.sender.rpartition("@")
    name = readable(incoming.sender_name)
    if "@" in name:  # many programs write the address as the name
        name = ""
    shown = f"{name[0]}{'*' * (min(len(name), 4) - 1)} " if name else ""
    return f"{shown}{local[:1]}***@{domain}"[:80] if local else shown.strip()


def readable(text: str) -> str:
    """Return text without what is not seen: a mail program leaves such characters behind."""
    kept = "".join(
        c for c in unicodedata.normalize("NFC", text)
        if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )  # fmt: skip
    return re.sub(
        r"[\u0300-\u036f]{4,}|[\u2028\u2029\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5]", "", kept
    )


def _decide(letter: Letter, incoming: Incoming, raw: bytes, at: datetime) -> None:
    if incoming.automatic or incoming.sender in queries.own_addresses():
        why = AUTOMATIC.get(incoming.automatic, _("是我们自己发出的"))
        return settle(letter, Letter.State.REFUSED, why=str(why))
    if len(raw) > MOST_BYTES:
        return hold(letter, raw[:MOST_BYTES], _("邮件太大（超过 25 MB），只读了前面的部分"), at)
    if queries.has_false_token(incoming):
        return hold(letter, raw, _("回信地址里的凭证不对，可能被人改过，请核实"), at)
    case, is_proved = queries.case_answered(incoming)
    if case is not None and is_proved:
        return _add(letter, case, incoming, raw, at)
    if case is not None:
        why = _("主题写着 %s，但来信人不是原来的来信人，请核实后并入或另立单")
        return hold(letter, raw, why % case.number, at)
    if letter.region is None:
        return hold(letter, raw, _("收件地址不在对照表里，不知道由哪个社区受理"), at)
    today = Letter.objects.filter(
        sender_index=letter.sender_index, received_at__gt=at - A_DAY, state=Letter.State.FILED
    )
    if today.count() >= CASES_A_DAY:
        return hold(letter, raw, _("同一来信人一天内已立 %d 单，请看看是否重复") % CASES_A_DAY, at)
    return _file(letter, incoming, raw, at)


def _file(letter: Letter, incoming: Incoming, raw: bytes, at: datetime) -> None:
    try:
        with transaction.atomic():
            open_from(letter, incoming, region=letter.region, at=at)
    except Refused as refusal:
        hold(letter, raw, str(refusal.message), at)


def _add(letter: Letter, case: Case, incoming: Incoming, raw: bytes, at: datetime) -> None:
    try:
        with transaction.atomic():
            add_to(letter, case, incoming, at=at)
    except Refused as refusal:
        why = _("要补充到 %(number)s，但没有成功：%(why)s")
        hold(letter, raw, why % {"number": case.number, "why": refusal.message}, at)


def settle(letter: Letter, state: str, *, why: str = "", case: Case | None = None) -> None:
    """Write down what became of a letter; its message is no longer needed."""
    letter.state, letter.why, letter.case = state, why[:300], case or letter.case
    if letter.raw:
        # After the transaction: a file that is gone does not come back with it.
        name, storage = str(letter.raw.name), letter.raw.storage
        letter.raw = ""
        transaction.on_commit(lambda: storage.delete(name))
    letter.save()


def hold(letter: Letter, raw: bytes, why: str, at: datetime) -> None:
    """Keep a letter for a person, with its message, and tell who takes requests in."""
    letter.state, letter.why = Letter.State.HELD, why[:300]
    letter.raw.save(f"{letter.digest[:32]}.eml", ContentFile(raw), save=False)
    letter.save()
    if letter.area:
        tell(
            users=queries.deciders_of(letter.area, at),
            title=_("来信待处理：%s") % (letter.subject or _("（无主题）")),
            text=letter.why,
            url=f"/mailbox/{letter.pk}/",
            key=f"letter:{letter.pk}",
            at=at,
        )


def open_from(
    letter: Letter, incoming: Incoming, *, region: Region | None, at: datetime, title: str = ""
) -> Case:
    """Open a request from a letter, and answer with its number.

    :raises Refused: what the request's own rules refuse
    """
    photos, skipped = good_photos(incoming)
    text = readable(incoming.text) or readable(incoming.title)
    case = file_request(
        text=text,
        title=(title or readable(incoming.title))[:60],
        region=region,
        at=at,
        actor=None,
        photos=photos,
        channel=Channel.EMAIL,
        key=f"mail:{letter.digest[:60]}",
    )
    if incoming.sender:
        Correspondent.objects.create(
            case=case,
            address_sealed=letter.sender_sealed,
            address_index=letter.sender_index,
            recipient=letter.recipient,
            subject=letter.subject or case.title,
            last_id=letter.message_id,
            told=case.length,
        )
    settle(letter, Letter.State.FILED, why="；".join(skipped), case=case)
    acknowledge(letter, case, skipped, at=at)
    return case


def add_to(letter: Letter, case: Case, incoming: Incoming, *, at: datetime) -> None:
    """Add what a letter says to its case: words as a note, photos as evidence.

    :raises Refused: if the case takes nothing any more
    """
    words = readable(incoming.text) or readable(incoming.subject)
    note = _("来信补充：%s") % words
    # After the end of the case it is only heard: who has it decides whether to open it again.
    if "add" not in case.flow.move_of:
        raise Invalid(
            _("%s 这一类单子不能并入来信，请另立一单。") % case.flow.label, field="number"
        )
    move = "add" if case.step in case.flow.move_of["add"].sources else "hear"
    make_move(
        case, move, at=at, actor=None, note=note[:MOST_NOTE], key=f"mail:{letter.digest[:60]}"
    )
    photos, skipped = good_photos(incoming)
    for n, photo in enumerate(photos):
        key = f"mail:{letter.digest[:50]}:{n}"
        keep_evidence(case=case, data=photo, kind="photo", actor=None, at=at, key=key)
    Correspondent.objects.filter(case=case, address_index=letter.sender_index).update(
        last_id=letter.message_id
    )
    settle(letter, Letter.State.ADDED, why="；".join(skipped), case=case)


def good_photos(incoming: Incoming) -> tuple[list[bytes], list[str]]:
    """Return the attachments that are photos, and a sentence for each that was left out."""
    good: list[bytes] = []
    skipped = [_("附件“%s”没有收下，只收照片") % readable(name) for name in incoming.left_out]
    for photo in incoming.photos:
        try:
            check_photo(photo)
            good.append(photo)
        except Refused as refusal:
            skipped.append(_("一张照片没有收下：%s") % refusal.message)
    return good, skipped


def message_of(letter: Letter) -> Incoming:
    """Return the message a person decides about, read again."""
    with contextlib.closing(letter.raw.open("rb")) as file:
        return read_letter(file.read())
