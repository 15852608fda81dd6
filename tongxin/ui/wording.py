"""Times as people say them, and personal data as strangers may see it."""

import re
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

WEEKDAYS = [
    gettext_lazy("周一"),
    gettext_lazy("周二"),
    gettext_lazy("周三"),
    gettext_lazy("周四"),
    gettext_lazy("周五"),
    gettext_lazy("周六"),
    gettext_lazy("周日"),
]
NEAR_DAYS = {
    -2: gettext_lazy("前天"),
    -1: gettext_lazy("昨天"),
    0: gettext_lazy("今天"),
    1: gettext_lazy("明天"),
    2: gettext_lazy("后天"),
}


def friendly_day(day: date, today: date) -> str:
    """Return 「今天」, 「昨天」, 「11月3日 周二」, or 「2025年11月3日」 for another year."""
    if near := NEAR_DAYS.get((day - today).days):
        return str(near)
    parts = {
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "weekday": WEEKDAYS[day.weekday()],
    }
    if day.year == today.year:
        return _("%(month)d月%(day)d日 %(weekday)s") % parts
    return _("%(year)d年%(month)d月%(day)d日") % parts


def friendly_time(at: datetime | date, now: datetime) -> str:
    """Return 「今天 14:20」 for a moment within two days of `now`, else the day alone."""
    today = timezone.localtime(now).date()
    if not isinstance(at, datetime):
        return friendly_day(at, today)
    local = timezone.localtime(at)
    day = friendly_day(local.date(), today)
    return f"{day} {local:%H:%M}" if abs((local.date() - today).days) <= 2 else day


def exact_time(at: datetime | date) -> str:
    """Return 「2026年11月3日 周二 14:20:05」."""
    moment = timezone.localtime(at) if isinstance(at, datetime) else at
    parts = {"year": moment.year, "month": moment.month, "day": moment.day}
    day = _("%(year)d年%(month)d月%(day)d日") % parts + f" {WEEKDAYS[moment.weekday()]}"
    return f"{day} {moment:%H:%M:%S}" if isinstance(at, datetime) else day


def masked(text: str) -> str:
    """Hide the middle of a phone, identity number or address of mail, and all of a name but its head."""
    text = str(text or "")
    if "@" in text:
        name, domain = text.split("@", 1)
        return f"{name[:1]}***@{domain}"
    if re.fullmatch(r"\+?[\d\- ]{7,13}", text):
        return f"{text[:3]}****{text[-4:]}"
    if re.fullmatch(r"\d{14,17}[\dXx]", text):
        return f"{text[:4]}{'*' * (len(text) - 8)}{text[-4:]}"
    return text[:1] + "*" * (len(text) - 1)
