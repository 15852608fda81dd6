"""Votes are cast: on the phone by oneself or a proxy, on paper by two clerks. One each, once."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text

from ..models import Ballot, PaperBatch, Poll, RollEntry
from ..queries.polls import votes_of
from .common import must_keep
from .polls import RollFrozen, State, hold

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is read as another
RECEIPT = re.compile(rf"[{LETTERS}]{{16}}")
LEAST_PAPERS = 5  # fewer secret papers in a batch would tell who voted how
SPOILT = "spoilt"


class NotOnTheRoll(NotPermitted):
    """Only who is on the roll votes."""


class AnotherElectorate(Refused):
    """The vote belongs to another poll."""


class OutsideTheWindow(Refused):
    """Votes are cast from the opening until the closing moment."""


class VotedAlready(Refused):
    """One vote each, once."""


class BadBallot(Invalid):
    """There is no such option, or the receipt is not one of ours."""


class BadProxy(Refused):
    """A proxy is on the same roll, has a written authorisation, and does not act for too many."""


class ClerksDiffer(Refused):
    """Two clerks counted differently: neither count stands."""


def new_receipt() -> str:
    """Return a receipt: 16 letters, 80 bits, known to the voter alone."""
    return "".join(secrets.choice(LETTERS) for _n in range(16))


def receipt_hash(poll: Poll, receipt: str) -> str:
    return hashlib.sha256(f"{poll.pk}:{receipt}".encode()).hexdigest()


def read_receipt(text: str) -> str:
    """Return a receipt however it was typed.

    :raises BadBallot: if it is none
    """
    code = re.sub(r"[\s\-]", "", text or "").upper()
    if not RECEIPT.fullmatch(code):
        raise BadBallot(_("回执码是 16 位字母和数字，请核对。"), field="receipt")
    return code


def _check_choice(poll: Poll, choice: str) -> None:
    if choice not in {option["code"] for option in poll.options}:
        raise BadBallot(_("请选择一个选项。"), field="choice")


def _must_run(poll: Poll, at: datetime) -> None:
    if poll.state != State.OPEN or not poll.opens_at <= at < poll.closes_at:
        raise OutsideTheWindow(_("现在不在表决时间内，没有计票。"))


@transaction.atomic
def cast_vote(
    poll: Poll, entry: RollEntry, *, choice: str, receipt: str, by: User, at: datetime
) -> str:
    """Cast a vote that `by` has, their own or as a proxy; return the receipt.

    The page makes the receipt before the vote, so that sending the same twice counts once. In a
    secret poll nothing is written that joins voter and choice (see `models.polls`): neither event
    nor audit, and the API must not keep its answer.

    :raises OutsideTheWindow: before it opens, after it closes
    :raises AnotherElectorate: for a vote of another poll
    :raises NotOnTheRoll: if the vote is neither one's own nor entrusted to one
    :raises VotedAlready: the second time, also at the same moment
    :raises BadBallot: for an option or receipt there is not
    """
    receipt = read_receipt(receipt)
    poll = hold(poll)  # one ballot at a time: closing waits for it, and it for closing
    _must_run(poll, at)
    _check_choice(poll, choice)
    row = RollEntry.objects.select_for_update(of=("self",)).filter(pk=entry.pk).first()
    if row is None or row.poll_id != poll.pk:
        raise AnotherElectorate(_("这张选票属于另一次表决，不能投在这里。"))
    if row.struck_reason or row.pk not in {vote.entry.pk for vote in votes_of(by, poll)}:
        raise NotOnTheRoll(
            _("您不在这次表决的名册上。"), remedy=_("对名册有异议，请联系社区居委会。")
        )
    mark = receipt_hash(poll, receipt)
    if row.has_voted:
        if Ballot.objects.filter(poll=poll, receipt_hash=mark).exists():
            return receipt  # the same form, sent again
        raise VotedAlready(_("%s 已经表决过，不能重复投票。") % (row.place or row.name_shown))
    _put_in(poll, row, choice, RollEntry.Way.ONLINE, mark)
    return receipt


def _put_in(poll: Poll, row: RollEntry, choice: str, way: str, mark: str = "") -> None:
    marked = RollEntry.objects.filter(pk=row.pk, has_voted=False).update(has_voted=True, way=way)
    if marked != 1:
        raise VotedAlready(_("%s 已经表决过，不能重复投票。") % (row.place or row.name_shown))
    try:
        with transaction.atomic():
            Ballot.objects.create(
                poll=poll, is_secret=poll.is_secret, choice=choice, receipt_hash=mark,
                entry=None if poll.is_secret else row,
            )  # fmt: skip
    except IntegrityError:
        raise BadBallot(_("这个回执码已经用过，请刷新页面重试。"), field="receipt") from None


@transaction.atomic
def authorise(entry: RollEntry, *, to: RollEntry, note: str, by: User, at: datetime) -> RollEntry:
    """Entrust a vote to another voter of the roll, by a written authorisation that a clerk has seen.

    The limit is the rule's: for villages at most three (村民委员会组织法 第十五条, of elections).
    One's own vote, if cast first, ends the authorisation.

    :raises BadProxy: for one's own, another roll, a chain, too many, or where the rule allows none
    :raises RollFrozen: once the poll is closed
    """
    poll = hold(entry.poll)
    must_keep(by, poll.community.path, what=_("登记委托"))
    if poll.state not in (State.DRAFT, State.POSTED, State.OPEN):
        raise RollFrozen(_("表决已经截止，不能再登记委托。"))
    most = poll.rule.proxy_most
    if not most:
        raise BadProxy(_("这类表决不能委托投票。"))
    rows = {row.pk: row for row in RollEntry.objects.select_for_update().filter(
        poll=poll, pk__in=(entry.pk, to.pk), struck_reason="")}  # fmt: skip
    if entry.pk == to.pk or len(rows) < 2:
        raise BadProxy(_("受托人应是同一名册上的另一位。"), field="to")
    if rows[to.pk].proxy_id or RollEntry.objects.filter(proxy=entry.pk).exists():
        raise BadProxy(_("受托人不能再转委托。"), field="to")
    if rows[entry.pk].has_voted:
        raise VotedAlready(_("委托人已经表决过。"))
    if RollEntry.objects.filter(proxy=to.pk).exclude(pk=entry.pk).count() >= most:
        raise BadProxy(_("一人最多接受 %d 人委托。") % most, field="to")
    note = clean_text(note, limit=100, field_label=_("委托书"), required=True)
    RollEntry.objects.filter(pk=entry.pk).update(proxy=to.pk, proxy_note=note)
    audit(actor=by, action="taking_part.proxy", object=f"poll {poll.pk}", at=at, reason=note)
    entry.refresh_from_db()
    return entry


@transaction.atomic
def count_papers(
    poll: Poll, *, entries: Sequence[int], counts: Mapping[str, int], by: User, at: datetime
) -> PaperBatch:
    """Hand in a first clerk's count of paper ballots: who handed in paper, and how many said what.

    `entries` are ids on the roll, `counts` ballots by option, `spoilt` for those that cannot be read.
    In a secret poll a batch has at least five papers; in a named one all say the same.

    :raises BadBallot: if the sums differ, an option is unknown, or the batch would tell a choice
    :raises VotedAlready: if somebody of them has voted
    :raises OutsideTheWindow: unless the poll is open
    """
    poll = hold(poll)
    must_keep(by, poll.community.path, what=_("录入纸质票"))
    _must_run(poll, at)
    ids = sorted(set(entries))
    counts = _clean_counts(poll, ids, counts)
    _must_be_free(poll, ids)
    waiting = {pk for one in poll.batches.filter(counted_at=None) for pk in one.entries}
    if waiting & set(ids):
        raise VotedAlready(_("有人的纸质票已在另一批里等待复核。"))
    return PaperBatch.objects.create(
        poll=poll, entries=ids, first_by=by, first_at=at,
        counts_sealed=sealer().seal(json.dumps(counts, sort_keys=True)),
    )  # fmt: skip


def _clean_counts(poll: Poll, ids: list[int], counts: Mapping[str, int]) -> dict[str, int]:
    known = {option["code"] for option in poll.options} | {SPOILT}
    if unknown := set(counts) - known:
        raise BadBallot(_("没有“%s”这个选项。") % sorted(unknown)[0], field="counts")
    found = {code: n for code, n in counts.items() if n}
    if any(n < 0 for n in found.values()) or sum(found.values()) != len(ids) or not ids:
        raise BadBallot(
            _("收到 %(papers)d 张，各选项合计 %(sum)d 张，两数应相等。")
            % {"papers": len(ids), "sum": sum(found.values())}, field="counts",
        )  # fmt: skip
    if poll.is_secret and len(ids) < LEAST_PAPERS:
        raise BadBallot(
            _("无记名纸质票请攒够 %d 张再一起录入，否则会看出是谁投的。") % LEAST_PAPERS,
            field="entries",
        )
    if not poll.is_secret and len(found) > 1:
        raise BadBallot(_("记名表决请按选项分批录入：一批只录同一种意见。"), field="counts")
    return found


def _must_be_free(poll: Poll, ids: list[int]) -> list[RollEntry]:
    rows = list(
        RollEntry.objects.select_for_update()
        .filter(poll=poll, pk__in=ids, struck_reason="")
        .order_by("pk")
    )
    if len(rows) != len(ids):
        raise AnotherElectorate(_("有人不在这次表决的名册上。"), field="entries")
    if voted := [row for row in rows if row.has_voted]:
        raise VotedAlready(
            _("%s 已经表决过，请把他的纸质票取出。") % (voted[0].place or voted[0].name_shown),
            field="entries",
        )
    return rows


@transaction.atomic
def confirm_papers(
    batch: PaperBatch, *, counts: Mapping[str, int], by: User, at: datetime
) -> PaperBatch:
    """Count the same papers a second time; where both say the same they are in the ballot box.

    A spoilt paper took part and chose nothing: it counts as an abstention in the result.

    :raises NotPermitted: for the first clerk
    :raises ClerksDiffer: if the counts differ: the batch is dropped and counted anew
    """
    poll = hold(batch.poll)
    must_keep(by, poll.community.path, what=_("复核纸质票"))
    _must_run(poll, at)
    one = PaperBatch.objects.select_for_update().get(pk=batch.pk)
    if one.counted_at:
        raise VotedAlready(_("这批票已经复核计入。"))
    if one.first_by_id == by.pk:
        raise NotPermitted(_("录入的人不能自己复核，请另一位工作人员重数。"))
    first = json.loads(sealer().open(one.counts_sealed))
    if first != {code: n for code, n in counts.items() if n}:
        raise ClerksDiffer(
            _("两次清点不一致，没有计入。"), remedy=_("请两人一起重数；录错的一方撤回后重新录入。")
        )
    rows = _must_be_free(poll, one.entries)
    choices = [code for code, n in first.items() for _each in range(n)]
    secrets.SystemRandom().shuffle(choices)
    for row, choice in zip(rows, choices, strict=True):
        _put_in(poll, row, "abstain" if choice == SPOILT else choice, RollEntry.Way.PAPER)
    one.second_by, one.counted_at, one.counts_sealed = by, at, ""
    one.save(update_fields=["second_by", "counted_at", "counts_sealed"])
    return one


@transaction.atomic
def drop_papers(batch: PaperBatch, *, by: User, at: datetime) -> None:
    """Take back a count that has not been confirmed.

    :raises VotedAlready: once it is counted
    """
    one = PaperBatch.objects.select_for_update().select_related("poll__community").get(pk=batch.pk)
    must_keep(by, one.poll.community.path, what=_("撤回纸质票"))
    if one.counted_at:
        raise VotedAlready(_("这批票已经复核计入。"))
    one.delete()
