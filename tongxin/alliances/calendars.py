"""The milestones of a project as iCalendar (RFC 5545): planned days and letters that run out."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from .models import AllianceProject, Letter


def milestones_of(project: AllianceProject, *, at: datetime, site: str) -> bytes:
    """Return planned and reached milestones, the three dates and the ends of letters, a day each."""
    dossier = project.dossier
    url = site.rstrip("/") + reverse("alliances:project", args=[project.pk])
    calendar = Calendar()
    calendar.add("prodid", "-//Tongxin//Alliances//ZH")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", project.name)

    def add(uid: str, day: date | None, words: str) -> None:
        if day is None:
            return
        event = Event()
        event.add("uid", f"alliance-{project.pk}-{uid}@tongxin")
        event.add("dtstamp", at)
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
        event.add("summary", f"{project.name}：{words}")
        event.add("url", url)
        calendar.add_component(event)

    for item in dossier.items.order_by("order"):
        if item.is_granted:
            add(f"item-{item.pk}", item.decided_on, _("%s（已办结）") % item.name)
        else:
            add(f"item-{item.pk}", item.planned_on, _("%s（计划办结）") % item.name)
    names = (("begun", _("开工")), ("built", _("建成")), ("used", _("使用")))
    for name, words in names:
        real = getattr(dossier, f"{name}_on")
        planned = _("计划%s") % words
        add(name, real or getattr(dossier, f"plan_{name}_on"), words if real else planned)
    letters = Letter.objects.filter(item__dossier=dossier, replaced_on=None)
    for letter in letters.select_related("item").order_by("pk"):
        add(f"letter-{letter.pk}", letter.valid_until, _("%s：以函代证到期") % letter.item.name)
    return calendar.to_ical()
