"""What is due in the secretaries' registers, each in a sentence; merged into a to-do elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.orgs.models import Org

from ..models import DutyItem, HelpItem, SecretarySurvey, SelectionRound, Subsidy, Thanks
from .village import diary_hint, village_coverage

SOON = timedelta(days=14)  # what is due within two weeks is said
MOST = 200  # of one kind: more would only hide the rest


def secretaries_check(units: Iterable[Org], on: date) -> list[dict[str, Any]]:
    """Return what these units owe by a day: {"unit", "kind", "sentence", "due", "url"}.

    At most eleven queries, however many units there are.
    """
    by_id = {unit.pk: unit for unit in units}
    found = [*_villages(by_id, on), *_duties(by_id, on), *_help(by_id, on)]
    found += [*_thanks(by_id, on), *_surveys(by_id, on), *_selections(by_id, on)]
    return sorted(found, key=lambda one: (one["due"], one["unit"].pk))


def _finding(unit: Org, kind: str, sentence: str, due: date, url: str) -> dict[str, Any]:
    return {"unit": unit, "kind": kind, "sentence": sentence, "due": due, "url": url}


def _villages(by_id: dict[int, Org], on: date) -> list[dict[str, Any]]:
    cover = village_coverage(on=on, units=by_id.values())
    if not cover.total:
        return []
    gap, url, found = cover.gap, reverse("secretaries:coverage"), []
    for one in cover.villages:
        unit = one.unit
        if unit is None or unit.pk not in by_id:
            continue
        if one.first is None:
            words = _("%s没有第一书记") % one.region.short_name
            found.append(_finding(unit, "first_secretary", words, on, url))
            continue
        if one.double:
            found.append(_finding(unit, "double_post", one.double, on, url))
        begun = one.last_diary or one.first.from_date
        hint = diary_hint(one.last_diary, one.first.from_date, on=on, gap=gap)
        if hint and begun:
            words = _("第一书记%(user)s%(hint)s") % {"user": one.first.user, "hint": hint}
            there = reverse("secretaries:village", args=[unit.pk])
            found.append(_finding(unit, "diary", words, begun + timedelta(days=gap), there))
    return found


def _duties(by_id: dict[int, Org], on: date) -> list[dict[str, Any]]:
    rows = DutyItem.objects.filter(
        list__unit__in=by_id, done_at=None, due__lte=on + SOON
    ).select_related("list")
    return [
        _finding(
            by_id[item.list.unit_id],
            "duty",
            _("责任清单：%(title)s（%(period)s）%(late)s")
            % {
                "title": item.title,
                "period": item.period,
                "late": _("已逾期") if item.due < on else _("待完成"),
            },
            item.due,
            reverse("secretaries:duties", args=[item.list_id]),
        )
        for item in rows.order_by("due", "pk")[:MOST]
    ]


def _help(by_id: dict[int, Org], on: date) -> list[dict[str, Any]]:
    items = HelpItem.objects.filter(
        plan__village__in=by_id, done_on=None, due__lte=on + SOON
    ).select_related("plan")
    found = [
        _finding(
            by_id[item.plan.village_id],
            "help",
            _("帮扶事项没有完成：%s") % item.title,
            item.due,
            reverse("secretaries:plan", args=[item.plan_id]),
        )
        for item in items.order_by("due", "pk")[:MOST]
    ]
    built = Subsidy.objects.filter(plan__village__in=by_id, state=Subsidy.State.BUILT)
    found += [
        _finding(
            by_id[one.plan.village_id],
            "subsidy",
            _("先建后补等待验收：%s") % one.title,
            (one.built_on or on) + SOON,
            reverse("secretaries:plan", args=[one.plan_id]),
        )
        for one in built.select_related("plan").order_by("pk")[:MOST]
    ]
    return found


def _thanks(by_id: dict[int, Org], on: date) -> list[dict[str, Any]]:
    rows = Thanks.objects.filter(village__in=by_id, state=Thanks.State.WAITING)
    return [
        _finding(
            by_id[one.village_id],
            "thanks",
            _("有一封感谢信等待审核"),
            one.at.date() + SOON,
            reverse("secretaries:letters"),
        )
        for one in rows.order_by("pk")[:MOST]
    ]


def _surveys(by_id: dict[int, Org], on: date) -> list[dict[str, Any]]:
    rows = SecretarySurvey.objects.filter(
        unit__in=by_id, submitted_at=None, grade="", round__opens_on__lte=on
    ).select_related("round")
    return [
        _finding(
            by_id[one.unit_id],
            "survey",
            _("书记履职排查表没有填写：%s") % one.round.title,
            one.round.closes_on,
            reverse("secretaries:survey", args=[one.pk]),
        )
        for one in rows.order_by("pk")[:MOST]
    ]


def _selections(by_id: dict[int, Org], on: date) -> list[dict[str, Any]]:
    rows = SelectionRound.objects.filter(unit__in=by_id, closed_at=None, closes_on__lt=on)
    return [
        _finding(
            by_id[one.unit_id],
            "selection",
            _("第一书记选派推荐已截止，请评分和决定：%s") % one.title,
            one.closes_on + SOON,
            reverse("secretaries:selection", args=[one.pk]),
        )
        for one in rows[:MOST]
    ]
