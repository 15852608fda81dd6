"""What somebody owes a month (党费): the rate of the band applies to the whole base.

《关于中国共产党党费收缴、使用和管理的规定》. Rounded to the fen, half up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid

from .rules import Band, dues_bands

FEN = Decimal("0.01")
RATED = ("salaried", "retired")


class BadBase(Invalid):
    """A base that is no income, or an amount outside what the rule leaves open."""


@dataclass(frozen=True)
class Owed:
    """An amount a month, and the rule in words without the income it was counted from."""

    amount: Decimal
    why: str
    source: str


def dues_for(base: Decimal, kind: str, on: date, *, fixed: Decimal | None = None) -> Owed:
    """Return what a member owes for the month of a day.

    `base` is the monthly base in yuan for who has an income; `fixed` what the branch set within
    the range that the rule leaves (farmers). The whole base takes the rate of its band: 3000
    gives 15.00, 3000.01 gives 30.00.

    :raises BadBase: for a negative base, or a fixed amount out of range
    :raises NoRule: if no rule was in force
    """
    bands = dues_bands(kind, on)
    if kind in RATED:
        if base < 0:
            raise BadBase(_("基数不能是负数"), field="base")
        band = next(band for band in bands if band.upto is None or base <= band.upto)
        rate = band.rate or Decimal(0)
        amount = (base * rate).quantize(FEN, ROUND_HALF_UP)
        return Owed(amount, _band_words(band, bands), band.source)
    band = bands[0]
    amount = fixed if fixed is not None else band.least or Decimal(0)
    if not (band.least or 0) <= amount <= (band.most or amount):
        words = {"least": band.least, "most": band.most}
        raise BadBase(
            _("这类党员每月 %(least)s 元至 %(most)s 元，请在范围内核定") % words, field="fixed"
        )
    return Owed(amount.quantize(FEN), _("定额，每月 %s 元") % amount.quantize(FEN), band.source)


def _band_words(band: Band, bands: tuple[Band, ...]) -> str:
    place = bands.index(band)
    low = bands[place - 1].upto if place else None
    rate = f"{(band.rate or Decimal(0)) * 100:f}".rstrip("0").rstrip(".")
    if low is None:
        return _("基数 %(upto)s 元（含）以下，按 %(rate)s%%") % {"upto": band.upto, "rate": rate}
    if band.upto is None:
        return _("基数 %(low)s 元以上，按 %(rate)s%%") % {"low": low, "rate": rate}
    return _("基数 %(low)s 元以上至 %(upto)s 元（含），按 %(rate)s%%") % {
        "low": low,
        "upto": band.upto,
        "rate": rate,
    }
