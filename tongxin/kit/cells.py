"""What people write into the cells of a spreadsheet, read as what they mean; each refusal a sentence.

Sheets kept by hand write dates in six ways, full-width digits, numbers as text and text as numbers;
what may mean two things is refused rather than guessed.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from tongxin.kit.errors import Invalid
from tongxin.kit.identity import normal_id_number
from tongxin.kit.text import clean_text, normal_phone

_EXACT_DIGITS = 10**15
_DAY = re.compile(
    r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*[日号]?(?:\s+00?:00(?::00)?)?"
)
_MONTH = re.compile(r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*月?")
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})?")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{2}")
_YES = {"是", "有", "对", "√", "✓", "1", "y", "yes", "true"}
_NO = {"否", "无", "没有", "×", "0", "n", "no", "false", "-", "—"}
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)
CLEARS = {"（清空）", "(清空)"}


class BadValue(Invalid):
    """A cell that cannot be used; the sentence says what to write."""


def plain(value: Any) -> str:
    """Return a cell as text: numbers without ".0", days as 2026-01-31, a leading quote taken off."""
    if isinstance(value, str):
        return value[1:].strip() if value[:1] in "'’" else value.strip()
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time(0) else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_DIGITS:
        return str(int(value))
    return str(value)


def read_text(value: Any, *, label: str, limit: int = 100) -> str:
    """Return a line of text. Raises the refusals of `kit.text.clean_text`, BadValue."""
    _refuse_lost(value)
    return clean_text(plain(value), limit=limit, field_label=label)


def read_code(value: Any, *, label: str, limit: int = 30) -> str:
    """Return a code: half-width, upper case, without blanks. Raises BadValue."""
    _refuse_lost(value)
    text = re.sub(r"\s", "", _narrow(value)).upper()
    return clean_text(text, limit=limit, field_label=label)


def read_identity(value: Any) -> str:
    """Return an identity number of 18 characters. Raises BadValue, `kit.text.BadNumber`."""
    _refuse_lost(value)
    return normal_id_number(_narrow(value))


def read_phone(value: Any) -> str:
    """Return the 11 digits of a mobile number. Raises BadValue, `kit.text.BadNumber`."""
    _refuse_lost(value)
    return normal_phone(_narrow(value))


def read_flag(value: Any) -> bool:
    """Return 是 or 否 as True or False. Raises BadValue."""
    if isinstance(value, bool):
        return value
    word = _narrow(value).lower()
    if word in _YES or word in _NO:
        return word in _YES
    raise BadValue("应写“是”或“否”")


def read_int(value: Any) -> int:
    """Return a whole number. Raises BadValue."""
    text = _narrow(value).replace(",", "")
    if not re.fullmatch(r"[+-]?\d{1,12}", text, re.ASCII):
        raise BadValue("应是整数")
    return int(text)


def read_money(value: Any) -> Decimal:
    """Return an amount in yuan with at most two decimals. Raises BadValue."""
    text = _narrow(value).replace(",", "").removeprefix("¥").removesuffix("元").strip()
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise BadValue("应是金额，例如 120.50") from None
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** 12:
        raise BadValue("应是金额，例如 120.50")
    if amount != round(amount, 2):
        raise BadValue("金额最多两位小数（到分）")
    return round(amount, 2)


def read_day(value: Any) -> date:
    """Return a day; a month alone ("1985.3") means its first day. Raises BadValue.

    Known: cells formatted as dates, 1985-03-05, 1985.3.5, 1985年3月5日, 19850305, 1985年3月, 198503.
    """
    if isinstance(value, datetime):
        found: date | None = value.date()
    elif isinstance(value, date):
        found = value
    else:
        found = _day_written(value)
    if found is None:
        raise BadValue(f"“{plain(value)[:20]}”不是日期，请写成 1985-03-05 的样子")
    if not EARLIEST <= found < LATEST:
        raise BadValue(f"日期 {found} 不在合理范围内，请核对年份")
    return found


def _day_written(value: Any) -> date | None:
    text = _narrow(value)
    # As a number, 1985.10 has lost its last digit and reads 1985.1.
    if isinstance(value, float) and re.fullmatch(r"\d{4}\.1", text):
        raise BadValue(
            f"{text} 可能是 1 月，也可能是 10 月（数字会丢掉末尾的 0），请写成 {text[:4]}-01 或 {text[:4]}-10"
        )
    if re.fullmatch(r"(?:19|20|21)\d\d年?", text):
        raise BadValue(f"只写了年份 {text[:4]}，请补上月和日")
    if isinstance(value, int) and 3_000 < value < 100_000:
        raise BadValue(f"{text} 像是没有设成日期格式的日期，请把这一列的格式设为“日期”")
    match = _DAY.fullmatch(text) or _MONTH.fullmatch(text) or _PACKED.fullmatch(text)
    if match is None:
        return None
    year, month, *rest = (int(part) for part in match.groups() if part is not None)
    try:
        return date(year, month, rest[0] if rest else 1)
    except ValueError:
        return None


def _narrow(value: Any) -> str:
    return unicodedata.normalize("NFKC", plain(value)).strip()


def _refuse_lost(value: Any) -> None:
    """A long number kept as a number has lost its last digits already."""
    is_lost = isinstance(value, float) and abs(value) >= _EXACT_DIGITS
    if is_lost or (isinstance(value, str) and _SCIENTIFIC.fullmatch(value)):
        raise BadValue("数字过长，后几位已丢失，请把这一列设为“文本”格式后重新填写")
