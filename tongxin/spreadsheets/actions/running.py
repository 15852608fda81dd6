"""Checking and importing, a block at a time: one transaction each, so that dying loses nothing.

A block is claimed by the lock on its import. Whoever is killed midway leaves the block as it was,
and the next one goes on there; what was written stands in the register under its key, so nothing
comes twice.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.kit.errors import Invalid, Refused

from .. import blocks
from ..declaring import BAD, CHANGED, NEW, Column, Job, Row, Sheet, read_cell
from ..models import ImportBlock, SheetImport
from .undoing import undo_all
from .uploading import book_of, may_import, sheet_of

log = logging.getLogger(__name__)
State = SheetImport.State
MOST_TRIES = 5
AT_ONCE = 1000  # rows that a page does not leave to the worker
QUICK = 200_000  # bytes of a file that a page reads itself


class NotReady(Refused):
    """The import is not at the step that was asked for."""


class EmptyTable(Invalid):
    """Nothing stands below the header."""


@transaction.atomic
def confirm_import(*, taken: SheetImport, by, at: datetime, expect: str = "") -> SheetImport:
    """Decide that the rows found good are imported; the bad ones are left out.

    `expect` is the moment of the check that the person saw (`checked_at`, ISO).

    :raises NotReady: if it was not checked yet, or decided already, or nothing would change
    """
    taken = SheetImport.objects.select_for_update().get(pk=taken.pk)
    if taken.state != State.READY:
        raise NotReady(_("这次导入现在是“%s”，不能确认") % taken.get_state_display())
    if expect and taken.checked_at and expect != taken.checked_at.isoformat():
        raise NotReady(_("预览之后又重新校验过，请再看一遍再确认"))
    may_import(sheet_of(taken.sheet, by), by)
    if not taken.counts.get(NEW, 0) + taken.counts.get(CHANGED, 0):
        raise NotReady(_("没有可以导入的行：都有问题，或与登记册相同"))
    taken.state, taken.blocks_done, taken.decided_at, taken.tries = State.RUNNING, 0, at, 0
    taken.save(update_fields=["state", "blocks_done", "decided_at", "tries"])
    audit(
        actor=by, action="sheet.import", object=f"{taken.sheet} {taken.name}",
        detail=dict(taken.counts), at=at,
    )  # fmt: skip
    return taken


@transaction.atomic
def drop_import(*, taken: SheetImport, by, at: datetime) -> None:
    """Give up an import before it was decided; nothing was changed by it.

    :raises NotReady: if it was decided already
    """
    taken = SheetImport.objects.select_for_update().get(pk=taken.pk)
    if taken.state not in (State.DRAFT, State.CHECKING, State.READY):
        raise NotReady(_("这次导入现在是“%s”，不能放弃") % taken.get_state_display())
    taken.blocks.all().delete()
    taken.state, taken.done_at = State.DROPPED, at
    taken.save(update_fields=["state", "done_at"])


def run_imports(*, at: datetime, limit: int = 1) -> int:
    """Take some steps of what is at work, oldest first; return how many were taken."""
    done = 0
    for _step in range(limit):
        waiting = SheetImport.objects.filter(state__in=SheetImport.AT_WORK).order_by("pk")
        if not any(step(pk, at=at) for pk in list(waiting.values_list("pk", flat=True)[:5])):
            break
        done += 1
    return done


def work_off(*, taken: SheetImport, at: datetime) -> SheetImport:
    """Do all of one import's work now, if it is small; otherwise leave it to the worker."""
    if taken.state == State.CHECKING and not taken.total:
        if taken.size > QUICK:
            return taken
        step(taken.pk, at=at)
        taken.refresh_from_db()
    while taken.is_at_work and taken.total <= AT_ONCE and step(taken.pk, at=at):
        taken.refresh_from_db()
    return taken


def step(pk: int, *, at: datetime) -> bool:
    """Take the next step of one import; False if another worker holds it or nothing is left.

    A refusal ends the import with its sentence; a fault of ours is tried a few times.
    """
    try:
        made = _read_if_new(pk)  # seconds for a large file, in which others may write
        with transaction.atomic():
            row = SheetImport.objects.select_for_update(skip_locked=True)
            taken = row.filter(pk=pk, state__in=SheetImport.AT_WORK).first()
            if taken is None:
                return False
            if made is None:
                STEPS[taken.state](taken, at)
            elif taken.state == State.CHECKING and not taken.total:
                _keep(taken, made)
            if taken.tries:
                taken.tries = 0
                taken.save(update_fields=["tries"])
    except Refused as refusal:
        _fail(pk, str(refusal.message), at)
    except Exception:
        log.exception("import %d stumbled", pk)
        tries = SheetImport.objects.values_list("tries", flat=True).get(pk=pk) + 1
        SheetImport.objects.filter(pk=pk).update(tries=tries)
        if tries >= MOST_TRIES:
            _fail(pk, _("系统出错，请联系系统管理员"), at)
    return True


def _fail(pk: int, sentence: str, at: datetime) -> None:
    """End an import; one that was being undone stands as it was."""
    taken = SheetImport.objects.get(pk=pk)
    taken.state = State.DONE if taken.state == State.UNDOING else State.FAILED
    taken.trouble, taken.tries = sentence[:300], 0
    taken.done_at = taken.done_at or at
    taken.save(update_fields=["state", "trouble", "tries", "done_at"])


def _check(taken: SheetImport, at: datetime) -> None:
    """Check the next block; after the last the preview is ready."""
    sheet = sheet_of(taken.sheet, taken.by)
    block = taken.blocks.filter(number=taken.blocks_done).first()
    if block is None:
        _finish_check(taken, at)
        return
    rows = blocks.unpack_rows(block.rows, sheet)
    _judge(sheet, rows, _job(taken, sheet, at, block))
    block.rows, block.counts = blocks.pack_rows(rows), blocks.tally(rows)
    block.save(update_fields=["rows", "counts"])
    taken.blocks_done += 1
    taken.save(update_fields=["blocks_done"])
    if not taken.blocks.filter(number=taken.blocks_done).exists():
        _finish_check(taken, at)


def _finish_check(taken: SheetImport, at: datetime) -> None:
    total: Counter[str] = Counter()
    for counts in taken.blocks.values_list("counts", flat=True):
        total.update(counts)
    taken.counts, taken.state, taken.checked_at = dict(total), State.READY, at
    taken.save(update_fields=["counts", "state", "checked_at"])
    if taken.total > AT_ONCE:
        _tell(taken, _("表格已校验完，等您确认"), at, "checked")


def _read_if_new(pk: int) -> list[ImportBlock] | None:
    """Turn the lines of a file not read yet into blocks of rows; None if it was read.

    Each key stands once in a file.

    :raises EmptyTable: if nothing stands below the header
    """
    taken = SheetImport.objects.filter(pk=pk, state=State.CHECKING, total=0).first()
    if taken is None:
        return None
    sheet = sheet_of(taken.sheet, taken.by)
    columns = [(sheet.column(name), place) for name, place in taken.mapping.items()]
    seen: dict[Any, int] = {}
    waiting: list[Row] = []
    made: list[ImportBlock] = []
    for line, values in book_of(taken).lines(taken.page):
        if line <= taken.header_line:
            continue
        row = _read_row(line, values, columns)
        if not row.values and not row.problems:
            continue  # a remark beside the table
        _check_row(sheet, row, seen)
        waiting.append(row)
        if len(waiting) == blocks.SIZE:
            made.append(_block(taken, len(made), waiting))
            waiting = []
    if waiting:
        made.append(_block(taken, len(made), waiting))
    if not made:
        raise EmptyTable(_("表头下面没有内容，请至少填写一行"))
    return made


def _read_row(line: int, values: list[Any], columns: list[tuple[Column, int]]) -> Row:
    row = Row(line)
    for column, place in columns:
        if place < len(values) and values[place] != "":
            read_cell(row, column, values[place])
    return row


def _keep(taken: SheetImport, made: list[ImportBlock]) -> None:
    ImportBlock.objects.bulk_create(made, batch_size=20)
    taken.total = sum(sum(block.counts.values()) for block in made)
    taken.save(update_fields=["total"])


def _block(taken: SheetImport, number: int, rows: list[Row]) -> ImportBlock:
    return ImportBlock(
        source=taken, number=number, first_line=rows[0].line, rows=blocks.pack_rows(rows),
        counts=blocks.tally(rows),
    )  # fmt: skip


def _check_row(sheet: Sheet, row: Row, seen: dict[Any, int]) -> None:
    """Refuse what is missing, wrong in itself, or in the file already."""
    wrong = {name for name, _sentence in row.problems}
    for column in sheet.columns:
        if column.required and row.get(column.name) is None and column.name not in wrong:
            row.refuse(column.name, _("请填写%s") % column.heading)
    sheet.check(row)
    key = sheet.key_of(row)
    if key is None:
        if not row.problems:
            row.refuse("", _("缺少能认出这一行的内容：%s") % _ways(sheet))
        return
    first = seen.setdefault(key, row.line)
    if first != row.line:
        row.refuse(key[0][0], _("与第 %d 行重复") % first)


def _ways(sheet: Sheet) -> str:
    return _(" 或 ").join(
        "、".join(sheet.column(name).heading for name in names) for names in sheet.keys
    )


def _job(taken: SheetImport, sheet: Sheet, at: datetime, block: ImportBlock) -> Job:
    """Return for whom a block is judged, and which keys stand in the file before its end.

    When it is written, what the blocks before it brought is in the register already.
    """
    job = Job(actor=taken.by, at=at, source=f"{taken.pk}:{block.number}")
    if sheet.looks_back:
        first = block.number if taken.state == State.RUNNING else 0
        for above in taken.blocks.filter(number__range=(first, block.number)).order_by("number"):
            for row in blocks.unpack_rows(above.rows, sheet):
                if row.verdict != BAD and (key := sheet.key_of(row)):
                    job.arriving[key] = row.line
    return job


def _judge(sheet: Sheet, rows: list[Row], job: Job) -> None:
    """Let the register say what would become of each row that is sound in itself."""
    sound = [row for row in rows if row.verdict != BAD]
    for row in sound:
        row.verdict, row.changes = "", []
    if sound:
        sheet.prepare(sound, job)


def _run(taken: SheetImport, at: datetime) -> None:
    """Write the next block: looked at again, since the register may have changed meanwhile."""
    sheet = sheet_of(taken.sheet, taken.by)
    block = taken.blocks.filter(number=taken.blocks_done).first()
    if block is None:
        _finish_run(taken, at)
        return
    rows = blocks.unpack_rows(block.rows, sheet)
    job = _job(taken, sheet, at, block)
    _judge(sheet, rows, job)
    good = [row for row in rows if row.verdict in (NEW, CHANGED)]
    if good:
        sheet.apply(good, job)
    block.undo = blocks.pack_entries(good)
    block.rows, block.counts = blocks.pack_rows(rows), blocks.tally(rows)
    block.save(update_fields=["undo", "rows", "counts"])
    total = Counter(taken.outcome)
    total.update(block.counts)
    taken.outcome = dict(total)
    taken.blocks_done += 1
    taken.save(update_fields=["outcome", "blocks_done"])
    if not taken.blocks.filter(number=taken.blocks_done).exists():
        _finish_run(taken, at)


def _finish_run(taken: SheetImport, at: datetime) -> None:
    taken.state, taken.done_at = State.DONE, at
    taken.save(update_fields=["state", "done_at"])
    if taken.total > AT_ONCE:
        _tell(taken, _("表格已导入"), at, "done")


def _tell(taken: SheetImport, title: str, at: datetime, word: str) -> None:
    tell(
        users=[taken.by],
        title=title,
        text=taken.name,
        url=reverse("spreadsheets:import", args=[taken.pk]),
        key=f"sheets:{taken.pk}:{word}",
        at=at,
    )


STEPS: dict[str, Callable[[SheetImport, datetime], None]] = {
    State.CHECKING: _check, State.RUNNING: _run, State.UNDOING: undo_all,
}  # fmt: skip
