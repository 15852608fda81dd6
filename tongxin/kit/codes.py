"""Codes of places: statistical divisions (12 digits) and unit grids (15 digits).

Sources: GB/T 2260 (first six digits), GB/T 10114 (street), GB/T 47678 part 3 (unit grids).
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
