"""What other systems say about a request becomes a line of its history; people decide what follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.cases.actions import make_move
from tongxin.cases.models import Case, Event
from tongxin.kit.errors import Invalid, NotFound, Refused

from ..models import ClientKey
from ..queries import NoSuchRequest

UPDATE_LIMIT = 1500
# The status words of the updates extension, as people here say them.
STATUS_WORDS = {
    "OPEN": "",
    "REOPEN": gettext_lazy("认为没有解决，要求重新办理"),
    "CLOSED": gettext_lazy("标为已办结"),
    "FIXED": gettext_lazy("标为已解决"),
    "IN_PROGRESS": gettext_lazy("标为办理中"),
    "ACTION_SCHEDULED": gettext_lazy("标为已安排"),
    "INVESTIGATING": gettext_lazy("标为核实中"),
    "DUPLICATE": gettext_lazy("标为重复"),
    "NOT_COUNCILS_RESPONSIBILITY": gettext_lazy("标为不属于受理范围"),
    "NO_FURTHER_ACTION": gettext_lazy("标为不再处理"),
    "INTERNAL_REFERRAL": gettext_lazy("标为内部转办"),
    "FOR_TRIAGE": gettext_lazy("标为待分类"),
}


@dataclass(frozen=True)
class Update:
    number: str
    id: str  # theirs: the same one is written down once
    at: datetime
    status: str
    text: str


class CannotHear(Refused):
    """The request is past the point where anything can be added."""


def hear_update(*, client: ClientKey, update: Update, at: datetime, is_test: bool = False) -> str:
    """Write what a client says of a request it filed into the history; return our id of it.

    A repeated update_id is answered like the first. Nothing is closed or reopened by it: who
    dispatches and who holds the order are told, and decide.

    :raises NoSuchRequest: if there is none that this client filed
    :raises Invalid: for a text over the limit
    """
    if len(update.text) > UPDATE_LIMIT:
        raise Invalid(_("description 最多 %d 个字，请删减。") % UPDATE_LIMIT, field="description")
    rows = client.submissions.filter(is_test=is_test)
    if is_test:
        if not rows.filter(pk=_test_key(update.number)).exists():
            raise _unknown(update)
        return f"test-{update.id}"
    case = Case.objects.filter(open311__in=rows, number=update.number).first()
    if case is None or case.step == "void":
        raise _unknown(update)
    said = STATUS_WORDS[update.status]
    who = f"{client.name}{said}"
    event = hear(
        case,
        note=f"{who}：{update.text}",
        at=max(update.at, case.opened_at),
        key=f"open311:{client.pk}:{update.id}",
    )
    return str(event.pk)


def _test_key(number: str) -> int:
    tail = number.removeprefix("test-")
    return int(tail) if tail.isdecimal() and len(tail) < 18 else 0


def _unknown(update: Update) -> NotFound:
    return NoSuchRequest(_("没有由这个密钥提交、编号为“%s”的诉求。") % update.number[:40])


def hear(case: Case, *, note: str, at: datetime, key: str) -> Event:
    """Write a line of another system into a case's history, once for a key.

    :raises CannotHear: if the case is cancelled, void, or merged into another
    """
    if not any(move.name == "hear" for move in case.flow.moves_from(case.step)):
        raise CannotHear(_("%s 已撤单或并单，不能再补充。") % case.number)
    return make_move(case, "hear", at=at, actor=None, note=note, key=key)
