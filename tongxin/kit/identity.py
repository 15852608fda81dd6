"""Numbers that name people and organisations: resident identity numbers and credit codes.

Sources: GB 11643-1999 (公民身份号码), GB 32100-2015 (统一社会信用代码).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from tongxin.kit.text import BadNumber

OLDEST = 130  # years; a number that makes somebody older was mistyped
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True)
class Identity:
    """A resident identity number with what it says: where registered first, born when, gender."""

    number: str
    division: str  # six digits, GB/T 2260
    born_on: date
    gender: str  # "m" or "f": the 17th digit is odd for men


def read_identity(value: str, *, on: date | None = None) -> Identity:
    """Read an identity number however it was typed; `on` refuses people born later or too long ago.

    :raises BadNumber: with the place that is wrong
    """
    number = normal_id_number(value)
    born_on = _birth_date(number)
    if on is not None and born_on > on:
        raise BadNumber("身份证号中的出生日期还没有到，请核对第 7 到 14 位", field="identity")
    if on is not None and on.year - born_on.year > OLDEST:
        raise BadNumber("身份证号中的出生年份太早，请核对第 7 到 10 位", field="identity")
    gender = "m" if int(number[16]) % 2 else "f"
    return Identity(number, number[:6], born_on, gender)


def normal_id_number(value: str) -> str:
    """An 18-character resident identity number, upper case (GB 11643). Raises BadNumber."""
    number = re.sub(r"\s", "", unicodedata.normalize("NFKC", value or "")).upper()
    if not re.fullmatch(r"[1-9]\d{16}[\dX]", number, re.ASCII):
        raise BadNumber("身份证号应是 18 位，前 17 位为数字，请核对", field="identity")
    try:
        _birth_date(number)
    except ValueError:
        raise BadNumber("身份证号中的出生日期不对，请核对第 7 到 14 位", field="identity") from None
    if number[17] != id_check_digit(number[:17]):
        raise BadNumber("身份证号的校验位不对，请逐位核对", field="identity")
    return number


def id_check_digit(first17: str) -> str:
    """The last character of an identity number, from the 17 digits before it (GB 11643, ISO 7064)."""
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(first17))
    return "10X98765432"[total % 11]


def mask_id_number(number: str) -> str:
    """The first three and last four characters stay; anything shorter than 15 vanishes."""
    if len(number) < 15:
        return "*" * len(number)
    return f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}"


def normal_credit_code(value: str) -> str:
    """An 18-character unified social credit code, upper case (GB 32100). Raises BadNumber."""
    code = re.sub(r"\s", "", unicodedata.normalize("NFKC", value or "")).upper()
    if not re.fullmatch(
        rf"[{_CREDIT_ALPHABET}]{{2}}\d{{6}}[{_CREDIT_ALPHABET}]{{10}}", code, re.ASCII
    ):
        raise BadNumber("统一社会信用代码应是 18 位数字和大写字母（不含 I、O、S、V、Z），请核对")
    if code[17] != credit_code_check_digit(code[:17]):
        raise BadNumber("统一社会信用代码的校验位不对，请逐位核对")
    return code


def credit_code_check_digit(first17: str) -> str:
    """The last character of a unified social credit code, from the 17 before it (GB 32100)."""
    total = sum(
        _CREDIT_ALPHABET.index(mark) * pow(3, place, 31) for place, mark in enumerate(first17)
    )
    return _CREDIT_ALPHABET[-total % 31]


def _birth_date(number: str) -> date:
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
