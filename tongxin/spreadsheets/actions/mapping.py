"""Which column is which: chosen by a person, remembered for the office, and the checking begun."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.kit.books import Marks, cell_name
from tongxin.kit.errors import Invalid
from tongxin.kit.tables import column_letters

from .. import mapping as guessing
from ..declaring import Sheet
from ..models import SavedMapping, SheetImport
from .running import NotReady
from .uploading import book_of, sheet_of

SAID = 3  # examples that a sentence names


class BadMapping(Invalid):
    """A column is missing, or chosen twice."""


class MergedCells(Invalid):
    """Merged cells below the header: a row would say nothing where it looks filled."""


class FormulaCells(Invalid):
    """Formulas in columns that are imported: what they gave last may no longer be so."""


class HiddenCells(Invalid):
    """Hidden columns or rows would be imported unseen."""


@transaction.atomic
def choose_columns(
    *, taken: SheetImport, mapping: Mapping[str, int], at: datetime, hidden_too: bool = False
) -> SheetImport:
    """Say which place of the file (from 0) is which column, and begin to check its rows.

    With `hidden_too` hidden rows and columns are imported like the others.

    :raises NotReady: if the import is past this step
    :raises BadMapping, MergedCells, FormulaCells, HiddenCells: as their names say
    """
    taken = SheetImport.objects.select_for_update().get(pk=taken.pk)
    is_stuck = taken.state == SheetImport.State.FAILED and taken.decided_at is None
    if taken.state not in (SheetImport.State.DRAFT, SheetImport.State.READY) and not is_stuck:
        raise NotReady(_("这次导入已经开始，不能再改列的对应"))
    sheet = sheet_of(taken.sheet, taken.by)
    _check_mapping(sheet, taken, mapping)
    _check_marks(taken, mapping, hidden_too)
    SavedMapping.objects.update_or_create(
        office=taken.office,
        sheet=taken.sheet,
        fingerprint=guessing.fingerprint(taken.header),
        defaults={
            "labels": {name: taken.header[place] for name, place in mapping.items()},
            "saved_at": at,
        },
    )
    taken.blocks.all().delete()
    taken.mapping = dict(mapping)
    taken.state, taken.blocks_done, taken.total = SheetImport.State.CHECKING, 0, 0
    taken.counts, taken.trouble, taken.tries = {}, "", 0
    taken.save()
    return taken


def _check_mapping(sheet: Sheet, taken: SheetImport, mapping: Mapping[str, int]) -> None:
    columns = sheet.by_name()
    for name, place in mapping.items():
        if name not in columns or not 0 <= place < len(taken.header):
            raise BadMapping(_("列的对应不对，请重新选择"), field=name)
    chosen = list(mapping.values())
    for name, place in mapping.items():
        if chosen.count(place) > 1:
            raise BadMapping(
                _("“%s”被选了两次，每一列只能对应一项") % taken.header[place], field=name
            )
    missing = [one.heading for one in sheet.columns if one.required and one.name not in mapping]
    if missing:
        raise BadMapping(_("还没有选哪一列是：%s") % "、".join(missing))
    if not any(all(name in mapping for name in names) for names in sheet.keys):
        ways = "；".join("、".join(sheet.column(n).heading for n in names) for names in sheet.keys)
        raise BadMapping(_("认不出每一行是谁，请至少对应这些列：%s") % ways)


def _check_marks(taken: SheetImport, mapping: Mapping[str, int], hidden_too: bool) -> None:
    marks = book_of(taken).pages.get(taken.page, Marks())
    below = [place for first, last, place in marks.merged if last >= taken.header_line]
    if below:
        raise MergedCells(
            _("有合并单元格：%s，请取消合并，把每一行都填上后再导入") % "、".join(below[:SAID])
        )
    places = {place + 1 for place in mapping.values()}
    formulas = [
        cell_name(column, line)
        for column in sorted(places & set(marks.formulas))
        for line in marks.formulas[column]
        if line > taken.header_line
    ]
    if formulas:
        raise FormulaCells(
            _("有公式：%s，请复制后“选择性粘贴—数值”，再导入") % "、".join(formulas[:SAID])
        )
    if hidden_too:
        return
    hidden = [_("%s 列") % column_letters(n) for n in sorted(places & marks.hidden_columns)]
    lines = [
        _("第 %d 行") % n for n in marks.hidden_lines if taken.header_line < n <= marks.last_line
    ]
    if hidden or lines:
        raise HiddenCells(
            _("有隐藏的行或列：%s，请在表里取消隐藏，或勾选“隐藏的也导入”")
            % "、".join((hidden + lines)[:SAID]),
            field="hidden_too",
        )
