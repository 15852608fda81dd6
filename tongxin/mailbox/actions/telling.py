"""What correspondents are told: the number at once, then each step that a reporter is told of.

Every message carries a signed Message-ID and reply address, so that an answer finds its case, and
says that it is automatic, so that no other machine answers it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from tongxin.accounts.actions.notices import write_letter
from tongxin.cases.models import Case, Event
from tongxin.requests.actions import rating_token

from .. import queries
from ..models import Correspondent, Letter

ANSWERS_A_DAY = 10  # to one address: two machines must not talk to each other for ever
A_DAY = timedelta(days=1)
CLOSING = {"verified"}  # the step in which a reporter rates


def acknowledge(letter: Letter, case: Case, skipped: list[str], *, at: datetime) -> None:
    """Answer a letter with the number of its case and where to follow it."""
    recent = Letter.objects.filter(sender_index=letter.sender_index, received_at__gt=at - A_DAY)
    if not letter.sender_sealed or recent.count() > ANSWERS_A_DAY:
        return
    lines = [
        _("您好，您的来信已登记，编号 %s。") % case.number,
        _("查看办理进展：%s") % queries.page_link(case.number),
        _("要补充情况或照片，直接回复这封邮件即可。"),
        *(f"· {sentence}" for sentence in skipped),
    ]
    correspondent = Correspondent.objects.filter(case=case).first()
    if correspondent is not None:
        _write(correspondent, case, "\n\n".join(lines), seq=0, at=at)


def tell_correspondents(*, at: datetime, limit: int = 50) -> int:
    """Write to whoever wrote a case about what happened since; return how many were written to."""
    behind = (
        Correspondent.objects.filter(case__length__gt=F("told"))
        .select_related("case__region", "case__topic")
        .order_by("case_id")
    )
    return sum(_tell(one, at) for one in behind[:limit])


@transaction.atomic
def _tell(correspondent: Correspondent, at: datetime) -> int:
    case, told = correspondent.case, correspondent.told
    mine = Correspondent.objects.filter(pk=correspondent.pk, told=told)
    if not mine.update(told=case.length):
        return 0  # another worker has it
    events = case.events.filter(seq__gt=told, seq__lte=case.length).order_by("seq")
    news = [event for event in events if _is_news(event, case)]
    if not news:
        return 0
    lines = [_line(event, case) for event in news]
    lines += ["", _("查看办理进展：%s") % queries.page_link(case.number)]
    if case.step in CLOSING and case.kind == "request":
        link = f"{settings.TONGXIN_URL.rstrip('/')}/requests/rate/{rating_token(case)}/"
        lines.append(_("请您评价：%s") % link)
    lines.append(_("要补充情况或照片，直接回复这封邮件即可。"))
    _write(correspondent, case, "\n".join(lines), seq=news[-1].seq, at=at)
    return 1


def _is_news(event: Event, case: Case) -> bool:
    move = case.flow.move_of.get(event.name)
    return move is not None and "reporter" in move.tells


def _line(event: Event, case: Case) -> str:
    move = case.flow.move_of[event.name]
    said = (
        f"{move.label}：{event.note}" if event.note and event.name == "answer" else str(move.label)
    )
    return f"· {said}"


def _write(correspondent: Correspondent, case: Case, text: str, *, seq: int, at: datetime) -> None:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    refers = correspondent.last_id
    headers = {
        "Message-ID": f"<{queries.token_of(case.number)}.{seq}@{domain}>",
        "Reply-To": queries.reply_address(correspondent.recipient, case.number),
        "Auto-Submitted": "auto-replied",
        "X-Auto-Response-Suppress": "All",
    }
    if refers:
        headers |= {"In-Reply-To": refers, "References": refers}
    write_letter(
        address_sealed=correspondent.address_sealed,
        title=_("Re: %(subject)s（编号 %(number)s）")
        % {"subject": correspondent.subject[:120], "number": case.number},
        text=text,
        headers=headers,
        key=f"letter:{case.number}:{seq}",
        at=at,
    )
