"""Text from people: cleaning, masking, and the telephone numbers they type."""

import re
import unicodedata

from tongxin.kit.errors import Invalid

# Characters that are not seen but change what is: bidi controls, zero-width, fillers, tags.
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u200b\u200e\u200f\u202a-\u202e"
    "\u2028\u2029\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\uffff\ud800-\udfff\U000e0000-\U000e007f"
)
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f"
# Emoji, Arabic letters and Mongolian really need joiners; elsewhere they only hide something.
_LONE_JOINER = (
    r"(?<![\U0001f000-\U0001faff\u2190-\u2bff\ufe0f\u0600-\u06ff\u1820-\u18aa])[\u200c\u200d]"
    r"|(?<![\u1820-\u18aa])\u180e"
)
_STACKED_MARKS = r"[\u0300-\u036f]{4,}"
_BAD = re.compile(f"[{_CONTROLS}{_UNSEEN}]|{_LONE_JOINER}|{_STACKED_MARKS}")
_BAD_IN_LINE = re.compile(f"[\\t\\n{_CONTROLS}{_UNSEEN}]|{_LONE_JOINER}|{_STACKED_MARKS}")
_LINE_ENDS = re.compile("\r\n?|\u2028|\u2029")
_EDGES = " \t\r\n\u3000\u00a0\ufeff\u200b"

_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)


class Missing(Invalid):
    """A required text is empty."""


class TooLong(Invalid):
    """A text has more characters than allowed."""


class BadCharacters(Invalid):
    """A text holds characters that cannot be seen or would mislead."""


class BadNumber(Invalid):
    """A phone, identity or credit number is wrong."""


def clean_text(
    value: str | None,
    *,
    limit: int,
    field_label: str,
    required: bool = False,
    multiline: bool = False,
) -> str:
    """Text in NFC without blanks at its ends, at most `limit` characters.

    Raises Missing, TooLong, or BadCharacters (controls, bidi overrides, zero-width).
    """
    if value is not None and not isinstance(value, str):
        raise BadCharacters(f"{field_label}应是文字")
    text = _LINE_ENDS.sub("\n", unicodedata.normalize("NFC", value or "")).strip(_EDGES)
    if required and not text:
        raise Missing(f"请填写{field_label}")
    if bad := (_BAD if multiline else _BAD_IN_LINE).search(text):
        raise BadCharacters(_name_bad(field_label, text, bad))
    if len(text) > limit:
        raise TooLong(f"{field_label}最多 {limit} 个字，现在多了 {len(text) - limit} 个字，请删减")
    return text


def _name_bad(field_label: str, text: str, bad: re.Match[str]) -> str:
    character = bad[0][0]
    if character in "\n\t":
        return f"{field_label}只能写一行，请去掉换行和制表符"
    near = _BAD_IN_LINE.sub("", text[max(0, bad.start() - 6) : bad.start()])
    where = f"“{near}”之后" if near else "开头"
    return f"{field_label}{where}有看不见的特殊字符（U+{ord(character):04X}），请删去后重新输入"


def mask_phone(phone: str) -> str:
    """ "13812345678" becomes "138****5678"; shorter numbers keep their last two digits."""
    if len(phone) >= 11:
        return f"{phone[:3]}{'*' * (len(phone) - 7)}{phone[-4:]}"
    return "*" * (len(phone) - 2) + phone[-2:] if len(phone) > 4 else "*" * len(phone)


def mask_name(name: str) -> str:
    """ "王小芳" becomes "王*芳", "王芳" becomes "王*"."""
    if len(name) < 3:
        return name[:1] + "*" if len(name) == 2 else "*" * len(name)
    return f"{name[0]}{'*' * (len(name) - 2)}{name[-1]}"


def normal_phone(value: str) -> str:
    """The 11 digits of a mainland mobile number, however it was typed. Raises BadNumber."""
    digits = re.sub(r"[\s\-—()]", "", unicodedata.normalize("NFKC", value or ""))
    digits = re.sub(r"^(\+|00)?86(?=1\d{10}$)", "", digits)
    if not _MOBILE.fullmatch(digits):
        raise BadNumber("手机号应是 11 位数字，以 13 到 19 开头，请核对")
    return digits


def chinese_number(n: int) -> str:
    """Write 1 to 99 in Chinese: 一, 十, 十二, 二十三."""
    digits = "一二三四五六七八九十"
    tens, ones = divmod(n, 10)
    text = "" if not tens else "十" if tens == 1 else f"{digits[tens - 1]}十"
    return text + (digits[ones - 1] if ones else "")
