"""Numbers of documents (发文字号): each taken once, in order, and none is lost."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org

from ..models import DocumentKind, DocumentNumber, NumberRegister, RegisterYear
from ..queries import writes_for

PREFIX = re.compile(r"[\u4e00-\u9fff]{1,12}(?:〔[\u4e00-\u9fff]{1,4}〕)?")


class NoRegister(Refused):
    """The unit has no register that numbers this kind of document."""


class NumberIsTaken(Refused):
    """That number belongs to a document, or was declared void."""


class NumberSkips(Invalid):
    """A number ahead of the next would leave a hole in the register."""


class PrefixTaken(Invalid):
    """The unit has a register under this prefix, or the kind is numbered elsewhere."""


@transaction.atomic
def open_register(
    *, org: Org, prefix: str, by, at: datetime, kinds: Iterable[str] = (), last: int = 0
) -> NumberRegister:
    """Open a register of numbers; `last` is the number on paper after which it goes on this year.

    :raises PrefixTaken: if the unit uses that prefix, or numbers one of the kinds in another
    """
    if not writes_for(by, org):
        raise NotPermitted(_("您在“%s”没有办文的岗位。") % org.name)
    prefix = clean_text(prefix, limit=20, field_label=_("发文机关代字"), required=True)
    if not PREFIX.fullmatch(prefix):
        raise Invalid(_("发文机关代字只用汉字，如“津滨纪监”。"), field="prefix")
    if not 0 <= last < 100_000:
        raise Invalid(_("已用到的序号应在 0 到 99999 之间。"), field="last")
    codes = list(dict.fromkeys(kinds))
    _check_kinds(org, codes)
    try:
        with transaction.atomic():
            made = NumberRegister.objects.create(org=org, prefix=prefix, kinds=" ".join(codes))
    except IntegrityError:
        raise PrefixTaken(_("本单位已有“%s”登记簿。") % prefix, field="prefix") from None
    if last:
        RegisterYear.objects.create(register=made, year=localtime(at).year, last=last)
    return made


def _check_kinds(org: Org, codes: list[str]) -> None:
    """:raises PrefixTaken: if one of the kinds is numbered in another register of the unit"""
    names = dict(DocumentKind.objects.values_list("code", "name"))
    if unknown := [code for code in codes if code not in names]:
        raise Invalid(_("没有“%s”这个文种。") % unknown[0][:30], field="kinds")
    others = NumberRegister.objects.select_for_update().filter(org=org, is_active=True)
    used = {code for row in others for code in row.kinds.split()}
    if clash := sorted(used & set(codes)):
        raise PrefixTaken(_("“%s”已在另一个登记簿编号。") % names[clash[0]], field="kinds")
    if not codes and any(not row.kinds for row in others):
        raise PrefixTaken(_("本单位已有一个通用的登记簿，请选择文种。"), field="kinds")


def register_for(org: Org, kind: str) -> NumberRegister:
    """Return the register that numbers a kind in a unit: its own, or the general one.

    :raises NoRegister: if there is none
    """
    rows = list(NumberRegister.objects.filter(org=org, is_active=True).order_by("pk"))
    own = next((row for row in rows if kind in row.kinds.split()), None)
    found = own or next((row for row in rows if not row.kinds), None)
    if found is None:
        raise NoRegister(
            _("“%s”还没有为这个文种设发文字号登记簿，不能编号。") % org.name,
            remedy=_("请先在“发文登记簿”里登记发文机关代字。"),
        )
    return found


def take_number(
    register: NumberRegister, *, by, at: datetime, serial: int | None = None
) -> DocumentNumber:
    """Take the next number of the year, or one that is free.

    The count is one row that one statement raises: two at once get two numbers, and if the
    transaction fails, the number goes back.

    :raises NumberIsTaken: for a serial that is in use or void
    :raises NumberSkips: for one beyond the next
    """
    year = localtime(at).year
    if serial is None:
        serial = _next(register, year)
        # A number freed by hand ahead of the count cannot exist: only taken ones are passed over.
        while DocumentNumber.objects.filter(register=register, year=year, serial=serial).exists():
            serial = _next(register, year)
    else:
        _check_serial(register, year, serial)
    try:
        with transaction.atomic():
            return DocumentNumber.objects.create(
                register=register, year=year, serial=serial, taken_at=at, taken_by=by
            )
    except IntegrityError:
        raise _taken(register, year, serial) from None


def _next(register: NumberRegister, year: int) -> int:
    table = connection.ops.quote_name(RegisterYear._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (register_id, year, last) VALUES (%s, %s, 1)"  # noqa: S608
            f" ON CONFLICT (register_id, year) DO UPDATE SET last = {table}.last + 1 RETURNING last",
            [register.pk, year],
        )
        return int(cursor.fetchone()[0])


def _check_serial(register: NumberRegister, year: int, serial: int) -> None:
    rows = RegisterYear.objects.select_for_update().filter(register=register, year=year)
    row = rows.first()
    last = row.last if row else 0
    if serial < 1 or serial > last + 1:
        raise NumberSkips(
            _("序号 %(serial)d 跳号了，下一个序号是 %(next)d。")
            % {"serial": serial, "next": last + 1},
            field="serial",
        )
    if DocumentNumber.objects.filter(register=register, year=year, serial=serial).exists():
        raise _taken(register, year, serial)
    if serial == last + 1:
        _next(register, year)


def _taken(register: NumberRegister, year: int, serial: int) -> NumberIsTaken:
    found = DocumentNumber.objects.filter(register=register, year=year, serial=serial).first()
    number = f"{register.prefix}〔{year}〕{serial}号"
    if found and found.is_void:
        return NumberIsTaken(
            _("%(number)s 已作废（%(why)s），不能再用。") % {"number": number, "why": found.reason},
            field="serial",
        )
    return NumberIsTaken(_("%s 已被另一份公文使用。") % number, field="serial")


@transaction.atomic
def void_number(
    register: NumberRegister, *, reason: str, by, at: datetime, serial: int | None = None
) -> DocumentNumber:
    """Declare a number void that no document has: the next one, or one left free; it stays in the book."""
    if not writes_for(by, register.org):
        raise NotPermitted(_("您在“%s”没有办文的岗位。") % register.org.name)
    reason = clean_text(reason, limit=200, field_label=_("作废原因"), required=True)
    number = take_number(register, by=by, at=at, serial=serial)
    number.is_void, number.reason = True, reason
    number.save(update_fields=["is_void", "reason"])
    return number
