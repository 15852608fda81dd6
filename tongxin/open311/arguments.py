"""Arguments of the contract, read: dates, lists, boxes, pages; and what is wrong with them."""

from __future__ import annotations

import re
from datetime import datetime, time
from math import isfinite

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.timezone import get_current_timezone, make_aware
from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid

from .queries import MOST_ROWS, SPAN, Asked, SpanTooLong
from .wire import Form

MOST_PAGES = 200


class BadArgument(Invalid):
    """An argument is missing or cannot be read; `extra["errors"]` has the others."""


def moment_of(text: str, field: str, *, is_end: bool = False) -> datetime:
    """Return a time: ISO-8601; a day alone is its beginning (`is_end`: its end), in our zone.

    :raises BadArgument:
    """
    # In an address a plus that was not escaped arrives as a blank.
    text = re.sub(r" (\d\d:?\d\d)$", r"+\1", text)
    try:
        found = parse_datetime(text) if len(text) > 10 else None
        day = None if found else parse_date(text)
    except ValueError:
        found = day = None
    if day:
        found = datetime.combine(day, time(23, 59, 59) if is_end else time())
    if found is None or not 1970 < found.year < 2200:
        raise BadArgument(
            _("%(field)s“%(text)s”不是有效的时间，应像 2026-11-26T08:00:00+08:00。")
            % {"field": field, "text": text[:40]},
            field=field,
        )
    return found if found.tzinfo else make_aware(found, get_current_timezone())


def asked_of(form: Form, *, at: datetime, area: str = "") -> Asked:
    """Return which requests a list asks for.

    :raises BadArgument, SpanTooLong:
    """
    numbers = tuple(form.listed("service_request_id"))
    if numbers:
        return Asked(start=at, end=at, numbers=numbers, area=area)
    statuses = frozenset(form.listed("status"))
    if wrong := sorted(statuses - {"open", "closed"}):
        raise BadArgument(
            _("status 只能是 open 或 closed，不认识“%s”。") % wrong[0][:20], field="status"
        )
    start, end = span_of(form, at=at)
    return Asked(
        start=start,
        end=end,
        codes=tuple(form.listed("service_code")),
        statuses=statuses,
        box=_box(form),
        area=area,
        page=_number(form, "page", 1, MOST_PAGES),
        size=_number(form, "page_size", MOST_ROWS, MOST_ROWS),
    )


def span_of(form: Form, *, at: datetime) -> tuple[datetime, datetime]:
    """Return from when to when: the last 90 days, or 90 days beside the one end that is named.

    :raises BadArgument: for what is no time, or an end before its start
    :raises SpanTooLong: for more than 90 days
    """
    first, last = form.get("start_date"), form.get("end_date")
    start = moment_of(first, "start_date") if first else None
    end = moment_of(last, "end_date", is_end=True) if last else None
    if start is None and end is None:
        return at - SPAN, at
    if start is None or end is None:
        return (start, start + SPAN) if start else (end - SPAN, end)  # type: ignore[operator,return-value]
    if end < start:
        raise BadArgument(_("end_date 早于 start_date，请调换。"), field="end_date")
    if end - start > SPAN:
        raise SpanTooLong(
            _("一次最多查询 90 天，请缩短 start_date 到 end_date 的范围。"), field="start_date"
        )
    return start, end


def _number(form: Form, name: str, usual: int, most: int) -> int:
    text = form.get(name)
    if not text:
        return usual
    if not (text.isascii() and text.isdecimal()) or len(text) > 9 or not int(text):
        raise BadArgument(_("%s 应是大于 0 的整数。") % name, field=name)
    if name == "page" and int(text) > most:
        raise BadArgument(_("最多翻到第 %d 页，请缩短时间范围。") % most, field=name)
    return min(int(text), most)


def _box(form: Form) -> tuple[float, float, float, float] | None:
    """Read `bbox=west,south,east,north`, an extension of ours."""
    parts = form.listed("bbox")
    if not parts:
        return None
    sides = [degrees(one, "bbox") for one in parts]
    if len(sides) != 4 or sides[0] > sides[2] or sides[1] > sides[3]:
        raise BadArgument(_("bbox 应是 西,南,东,北 四个经纬度。"), field="bbox")
    return sides[0], sides[1], sides[2], sides[3]


def degrees(text: str, field: str) -> float:
    """Return a longitude or latitude (WGS-84).

    :raises BadArgument:
    """
    try:
        found = float(text)
    except ValueError:
        found = float("nan")
    limit = 90 if field == "lat" else 180
    if not isfinite(found) or abs(found) > limit:
        raise BadArgument(
            _("%(field)s“%(text)s”不是有效的经纬度。") % {"field": field, "text": text[:20]},
            field=field,
        )
    return found
