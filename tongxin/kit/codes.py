"""Codes of places: statistical divisions (12 digits) and unit grids (15 digits).

Sources: GB/T 2260 (first six digits), GB/T 10114 (street), GB/T 47678 part 3 (unit grids).
"""

import re
from dataclasses import dataclass

from tongxin.kit.errors import Invalid

PROVINCE, CITY, DISTRICT, STREET, COMMUNITY = 1, 2, 3, 4, 5

_ENDS = (2, 4, 6, 9, 12)
_STREET_KINDS = ((1, 99, "street"), (100, 199, "town"), (200, 399, "township"), (400, 599, "zone"))
_VILLAGE = re.compile(r"村民?委|村民委|村$|嘎查|大队|民委会$")
_COMMUNITY = re.compile(r"居委|居民|社区|街道|家委会")
_COMMITTEE = re.compile(
    r"(居民(管理)?委员会|居委会|嘎查(委员会|委会)|村?村民委员会|村?村委会|街道办事处)$"
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
    if _VILLAGE.search(name) and not re.search(r"社区$|居委会|居民", name):
        return "village"
    return "community" if _COMMUNITY.search(name) else "other"


def short_name(name: str) -> str:
    """The name people say: "紫云园社区居委会" is "紫云园社区", "大村村村民委员会" is "大村村"."""
    return name


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
