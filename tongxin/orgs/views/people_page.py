"""What the pages of people show, put together for their templates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db.models import F, FilteredRelation, Q, QuerySet
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.regions.queries import place_name

from .. import queries
from ..models import MemberPairing, Membership, MobileStay, Org, Person, Transfer
from ..scope import REGISTRARS, keeps_register, unit_reach

STAGE_TONES = {
    "applicant": "idle",
    "activist": "waiting",
    "candidate": "waiting",
    "probationary": "working",
    "full": "done",
}
FLAGS = (
    ("in_service", gettext_lazy("在职"), "idle"),
    ("is_mobile", gettext_lazy("流动"), "working"),
    ("is_hardship", gettext_lazy("困难"), "waiting"),
    ("is_veteran", gettext_lazy("老党员"), "idle"),
)
FLAG_CHOICES = (
    ("in_service", gettext_lazy("在职党员")),
    ("mobile", gettext_lazy("流动党员")),
    ("lost", gettext_lazy("失联党员")),
    ("hardship", gettext_lazy("困难党员")),
    ("veteran", gettext_lazy("老党员")),
    ("medal", gettext_lazy("党龄满五十年")),
    ("not_learning", gettext_lazy("未注册学习平台")),
)


def kept_branches(user) -> Callable[[], QuerySet[Org]]:
    """Return what gives the branches whose register somebody keeps."""

    def rows() -> QuerySet[Org]:
        found = Org.objects.visible_to(user).filter(unit_reach(user, REGISTRARS))
        found = found.filter(unit_kind="branch", is_temporary=False, dissolved_on__isnull=True)
        return found.select_related("region").order_by("path")

    return rows


def land_near(unit: Org) -> str:
    """Return the path of the street a unit stands in: its people mostly live there."""
    return "/".join(unit.region.path.split("/")[:3]) + "/"


def row_of(member: Membership, today: date) -> dict[str, Any]:
    """Return a line of the register."""
    return {
        "member": member,
        "url": reverse("orgs:person", args=[member.person_id]) if not member.to_date else "",
        "stage": (STAGE_TONES[member.stage], member.get_stage_display()),
        "marks": marks_of(member),
        "phone": queries.masked_numbers(member.person)["phone"],
        "years": years_words(member, today) or "—",
    }


def years_words(member: Membership, today: date) -> str:
    """Return the years of membership in words, "" before they begin to count."""
    years = queries.party_age(member, today)
    if years is None:
        return ""
    return _("%d 年") % years if years else _("不满 1 年")


def marks_of(member: Membership) -> list[tuple[str, Any]]:
    """Return the badges of a membership: (state, words)."""
    found: list[tuple[str, Any]] = [
        (tone, words) for name, words, tone in FLAGS if getattr(member, name)
    ]
    if member.suspended_on:
        found.append(("late", _("停止党籍")))
    elif member.lost_since:
        found.append(("late", _("失联")))
    if member.to_date:
        found.append(("idle", member.get_end_display()))
    return found


def filters(chosen: queries.MemberFilter) -> list[dict[str, Any]]:
    stages = [
        ("", _("全部在册")),
        ("members", _("党员（预备、正式）")),
        *Membership.Stage.choices,
        ("over", _("已离开")),
    ]
    return [
        {"name": "stage", "label": _("阶段"), "value": chosen.stage, "choices": stages},
        {
            "name": "flag",
            "label": _("类别"),
            "value": chosen.flag,
            "choices": [("", _("全部")), *FLAG_CHOICES],
        },
    ]


def figures_table(
    rows: list[queries.MemberFigures], total: queries.MemberFigures
) -> dict[str, Any]:
    """Return the figures as `ui/parts/table.html` draws them; each leads to whom it counts."""
    words = (
        ("units", _("党组织"), None),
        ("members", _("党员"), {"stage": "members"}),
        ("probationary", _("其中预备"), {"stage": "probationary"}),
        ("in_service", _("在职"), {"stage": "members", "flag": "in_service"}),
        ("mobile", _("流动"), {"stage": "members", "flag": "mobile"}),
        ("lost", _("失联"), {"stage": "members", "flag": "lost"}),
        ("hardship", _("困难"), {"stage": "members", "flag": "hardship"}),
        ("veteran", _("老党员"), {"stage": "members", "flag": "veteran"}),
    )
    columns: list[dict[str, Any]] = [{"label": _("党组织名称")}]
    columns += [{"label": label, "figure": True} for _name, label, _query in words]
    columns += [{"label": _("学习平台注册率"), "figure": True}]

    def line(one: queries.MemberFigures, *, is_total: bool = False) -> dict[str, Any]:
        unit = one.unit
        cells = []
        for name, _label, query in words:
            value = getattr(one, name)
            url = _register(unit, query) if query and value else ""
            cells.append({"value": value, "url": url, "late": name == "lost" and value > 0})
        rate = one.learning_rate
        cells.append({"value": "—" if rate is None else f"{rate:.1f}%"})
        below = "" if is_total or one.units < 2 else f"?{urlencode({'unit': unit.pk})}"
        return {"label": _("合计") if is_total else unit.name, "url": below, "cells": cells}

    return {
        "columns": columns,
        "rows": [line(one) for one in rows],
        "total": line(total, is_total=True),
    }


def _register(unit: Org, query: dict[str, str]) -> str:
    return f"{reverse('orgs:people')}?{urlencode({'unit': str(unit.pk), **query})}"


def guest_of(stay: MobileStay, today: date) -> dict[str, Any]:
    last = stay.last_contact_on or stay.reported_on or stay.since
    rule = queries.member_rule("contact_days", today)
    return {
        "stay": stay,
        "person": stay.membership.person,
        "home": stay.membership.unit,
        "stage": (STAGE_TONES[stay.membership.stage], stay.membership.get_stage_display()),
        "phone": queries.masked_numbers(stay.membership.person)["phone"],
        "days": (today - last).days,
        "is_late": (today - last).days > rule.value,
        "last": last,
    }


def page_of(person: Person, user, today: date) -> dict[str, Any]:
    """Return all that the page of a person shows to somebody who sees them."""
    memberships = list(
        person.memberships.select_related("unit")
        .annotate(
            moving=FilteredRelation("transfers", condition=Q(transfers__state=Transfer.State.OPEN)),
            transfer=F("moving"),
            moves_to=F("moving__to_unit__name"),
        )
        .order_by("-from_date", "-pk")
    )
    held = next((one for one in memberships if one.to_date is None), None)
    stay = queries.stays_of([held]).get(held.pk) if held else None
    keeps = held is not None and keeps_register(user, held.unit.path)
    hosts = stay is not None and stay.host is not None and keeps_register(user, stay.host.path)
    transfer = held.transfer if held else None
    context = {
        "person": person,
        "numbers": queries.masked_numbers(person),
        "age": queries.age(person, today),
        "home": place_name((person.grid or person.home).path) if person.home else "",
        "held": held,
        "memberships": [one for one in memberships if one.to_date is not None],
        "stay": stay,
        "transfer": transfer,
        "moves_to": held.moves_to if held else "",
        "keeps": keeps,
        "today": today,
        "account": queries.account_for(person) if keeps and person.user_id is None else None,
        "growth": list(person.growth.select_related("unit").order_by("-on")[:20]),
        "pairings": pairings_of(person, today),
    }
    if held is not None:
        context |= {
            "stage": (STAGE_TONES[held.stage], held.get_stage_display()),
            "marks": marks_of(held),
            "years": years_words(held, today),
            "hints": queries.hints_of(held, stay, today),
            "verbs": verbs_open(held, stay, keeps=keeps, hosts=hosts, moving=transfer is not None),
        }
    return context


def verbs_open(
    held: Membership, stay: MobileStay | None, *, keeps: bool, hosts: bool, moving: bool
) -> set[str]:
    """Return the verbs somebody may use on a member now; the same the actions would allow."""
    is_member, lost = held.stage in Membership.MEMBERS, held.lost_since is not None
    allowed = {
        "contact": stay is not None and (keeps or hosts),
        "flags": keeps,
        "growth": keeps,
        "account": keeps,
        "end": keeps and not moving,
        "mobile": keeps and is_member and stay is None and not lost,
        "host": keeps and stay is not None,
        "back": keeps and stay is not None,
        "found": keeps and lost,
        "suspend": keeps and lost and held.suspended_on is None,
        "lost": keeps and is_member and not lost,
        "transfer": keeps and is_member and not lost and not moving,
        "pair": keeps and is_member and (held.is_hardship or held.is_veteran),
    }
    return {verb for verb, may in allowed.items() if may}


def pairings_of(person: Person, today: date) -> list[dict[str, Any]]:
    """Return the pairings a person stands in, on either side, the standing ones first."""
    rows = queries.pairings_with(person)
    return [pairing_card(one, person, today) for one in rows[:20]]


def pairing_card(pairing: MemberPairing, person: Person | None, today: date) -> dict[str, Any]:
    """Return a pairing as `orgs/people/bits/pairing.html` draws it, seen from one of the two."""
    rule = queries.member_rule("visit_days", today)
    last = pairing.last_visit_on or pairing.since
    helps = person is None or pairing.helper_id == person.pk
    return {
        "pairing": pairing,
        "other": pairing.helped if helps else pairing.helper,
        "helps": helps,
        "days": (today - last).days,
        "is_late": pairing.until is None and (today - last).days > rule.value,
    }
