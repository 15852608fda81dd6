"""Codes of places and things: divisions (12 digits), unit grids (15), components (17), matters (11).

Sources: GB/T 2260 (first six digits), GB/T 10114 (street), GB/T 47678 part 3 (unit grids) and part 5
(components and matters), the latter as quoted by others: not compared with the printed standard.
"""

import re
from dataclasses import dataclass

from tongxin.kit.errors import Invalid

PROVINCE, CITY, DISTRICT, STREET, COMMUNITY = 1, 2, 3, 4, 5

_ENDS = (2, 4, 6, 9, 12)
_STREET_KINDS = ((1, 99, "street"), (100, 199, "town"), (200, 399, "township"), (400, 599, "zone"))
_KIND_WORDS = re.compile(r"(居委|居民|社区)|(村委|村民|牧委|牧民|渔委|嘎查|村$|队$)")
_COMMITTEE = re.compile(
    r"(.+?)(村?村民委员会|村?村委会|居民(?:管理)?委员会|居委会|(?<=嘎查)委员?会|(?<=街道)办事处)"
)


class BadCode(Invalid):
    """The text is not a division code or grid code."""


@dataclass(frozen=True)
class DivisionCode:
    """A 12-digit statistical division code, taken apart."""

    code: str
    level: int

    @property
    def short(self) -> str:
        """The digits that count, without the zeros behind: "120116" for a district."""
        return self.code[: _ENDS[self.level - 1]]

    @property
    def parent(self) -> str | None:
        """The 12-digit code of the division above, or None for a province."""
        above = [
            end for end in _ENDS[: self.level - 1] if self.code[:end].ljust(12, "0") != self.code
        ]
        return self.code[: above[-1]].ljust(12, "0") if above else None

    @property
    def street_kind(self) -> str:
        """street, town, township, zone or other, by GB/T 10114; "" above the street level."""
        if self.level < STREET:
            return ""
        number = int(self.code[6:9])
        return next((kind for low, high, kind in _STREET_KINDS if low <= number <= high), "other")


def parse_division(code: str) -> DivisionCode:
    """Take a division code apart; 2, 4, 6 and 9 digits are filled up with zeros. Raises BadCode."""
    digits = code.strip()
    if len(digits) not in _ENDS or not re.fullmatch(r"[1-9]\d+", digits, re.ASCII):
        raise BadCode(f"“{code[:40]}”不是行政区划代码，应为 2、4、6、9 或 12 位数字")
    full = digits.ljust(12, "0")
    starts = (0, *_ENDS[:-1])
    level = max(
        n
        for n, (start, end) in enumerate(zip(starts, _ENDS, strict=True), 1)
        if int(full[start:end])
    )
    return DivisionCode(full, level)


def community_kind(name: str) -> str:
    """community, village or other, decided by the name (the code does not tell them apart)."""
    words = _KIND_WORDS.findall(name)
    # The last word decides: "X村社区居委会" is a community, "X社区村委会" a village.
    if not words:
        return "other"
    return "community" if words[-1][0] else "village"


def short_name(name: str) -> str:
    """The name people say: "紫云园社区居委会" is "紫云园社区", "大村村村民委员会" is "大村村"."""
    match = _COMMITTEE.fullmatch(name.strip())
    if not match:
        return name.strip()
    stem, tail = match.groups()
    drops_village = not tail.startswith("村") or (
        not tail.startswith("村村") and stem.endswith(("社区", "队", "嘎查"))
    )
    return stem if drops_village else f"{stem}村"


def grid_code(community_code: str, sequence: int) -> str:
    """The 15 digits of a unit grid: community code and a number from 1 to 999. Raises BadCode."""
    if parse_division(community_code).level != COMMUNITY or not 1 <= sequence <= 999:
        raise BadCode("网格编码由 12 位社区代码和 001 到 999 的序号组成")
    return f"{community_code.strip()}{sequence:03d}"


def parse_grid(code: str) -> tuple[DivisionCode, int]:
    """The community and the sequence number of a 15-digit grid code. Raises BadCode."""
    digits = code.strip()
    if not re.fullmatch(r"\d{15}", digits, re.ASCII) or digits.endswith("000"):
        raise BadCode(f"“{code[:40]}”不是网格编码，应为 15 位数字：12 位社区代码和 3 位序号")
    community = parse_division(digits[:12])
    if community.level != COMMUNITY:
        raise BadCode(f"“{code[:40]}”的前 12 位不是社区代码")
    return community, int(digits[12:])


@dataclass(frozen=True)
class ThingCode:
    """The code of a component or matter, taken apart: district (6), item (class 2 + subclass 3)."""

    district: str
    item: str
    sequence: int | None = None  # of a component


def _item(code: str) -> str:
    digits = code.strip()
    if not re.fullmatch(r"\d{5}", digits, re.ASCII) or digits[:2] == "00" or digits[2:] == "000":
        raise BadCode(f"“{code[:40]}”不是部件或事项代码，应为 5 位数字：大类 2 位和小类 3 位")
    return digits


def item_code(code: str) -> str:
    """The five digits of a kind of component or matter, as they are. Raises BadCode."""
    if re.fullmatch(r"\d{4}", code.strip(), re.ASCII):
        raise BadCode(
            f"“{code.strip()}”是旧标准（GB/T 30428.2-2013）的 4 位代码：小类已由 2 位改为 3 位",
            remedy="新旧小类不是逐一对应，请按名称在新目录里找到对应的 5 位代码。",
        )
    return _item(code)


def component_code(district: str, item: str, sequence: int) -> str:
    """The 17 digits of a component (6 + 2 + 3 + 6). Raises BadCode."""
    if parse_division(district[:6]).level != DISTRICT or not 1 <= sequence <= 999_999:
        raise BadCode("部件标识码由 6 位区代码、5 位部件代码和 000001 到 999999 的顺序号组成")
    return f"{district[:6]}{_item(item)}{sequence:06d}"


def parse_component(code: str) -> ThingCode:
    """Take a 17-digit component id apart; an old one of 16 digits is named as such. Raises BadCode."""
    digits = code.strip()
    if re.fullmatch(r"\d{16}", digits, re.ASCII):
        raise BadCode(
            f"“{digits}”是旧标准（GB/T 30428.2-2013）的 16 位部件标识码，现行为 17 位：小类由 2 位改为 3 位",
            remedy="请按部件名称改用新目录的小类代码重新编码，旧码可写在备注里。",
        )
    if not re.fullmatch(r"\d{17}", digits, re.ASCII) or digits.endswith("000000"):
        raise BadCode(
            f"“{code[:40]}”不是部件标识码，应为 17 位数字：区代码 6 位、大类 2 位、小类 3 位、顺序号 6 位"
        )
    if parse_division(digits[:6]).level != DISTRICT:
        raise BadCode(f"“{digits}”的前 6 位不是区（县）代码")
    return ThingCode(digits[:6], _item(digits[6:11]), int(digits[11:]))


def matter_code(district: str, item: str) -> str:
    """The 11 digits of a matter (6 + 2 + 3). Raises BadCode."""
    if parse_division(district[:6]).level != DISTRICT:
        raise BadCode("事项代码由 6 位区代码、2 位大类和 3 位小类组成")
    return f"{district[:6]}{_item(item)}"


def parse_matter(code: str) -> ThingCode:
    """Take an 11-digit matter code apart; an old one of 10 digits is named as such. Raises BadCode."""
    digits = code.strip()
    if re.fullmatch(r"\d{10}", digits, re.ASCII):
        raise BadCode(
            f"“{digits}”是旧标准（GB/T 30428.2-2013）的 10 位事件代码，现行为 11 位：小类由 2 位改为 3 位",
            remedy="请按名称在新目录里找到对应的事项。",
        )
    if not re.fullmatch(r"\d{11}", digits, re.ASCII):
        raise BadCode(
            f"“{code[:40]}”不是事项代码，应为 11 位数字：区代码 6 位、大类 2 位、小类 3 位"
        )
    if parse_division(digits[:6]).level != DISTRICT:
        raise BadCode(f"“{digits}”的前 6 位不是区（县）代码")
    return ThingCode(digits[:6], _item(digits[6:]))
