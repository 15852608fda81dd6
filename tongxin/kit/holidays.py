"""Working days by the yearly notice of the State Council, as the chinesecalendar package holds them."""

from datetime import date
from functools import lru_cache

import chinese_calendar

_REST = {5: "周六休息", 6: "周日休息"}
_YEARS = range(min(chinese_calendar.holidays).year, max(chinese_calendar.holidays).year + 1)
_NAMES = {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday} | {
    "National Day": "国庆",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}


def known_years() -> range:
    """The years whose notice is known; beyond them only Monday to Friday counts."""
    return _YEARS


@lru_cache(maxsize=4096)
def state_council(day: date) -> tuple[bool, str]:
    """Whether `day` is a working day, and its name: "工作日", "周六休息", "国庆放假", "国庆调休上班"."""
    weekend = day.weekday() > 4
    if day.year not in _YEARS:
        return not weekend, _REST[day.weekday()] if weekend else "工作日"
    rests, name = chinese_calendar.get_holiday_detail(day)
    if name is not None:
        return not rests, _NAMES[name] + ("放假" if rests else "调休上班")
    return not rests, _REST[day.weekday()] if rests else "工作日"


def day_kind(day: date, is_workday: bool) -> str:
    """The name of a day in a calendar that may differ from the State Council's."""
    official, name = state_council(day)
    if official == is_workday:
        return name
    return "本地安排上班" if is_workday else "本地安排休息"
