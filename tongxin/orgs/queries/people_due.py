"""What branches owe their members: transfers to confirm, members lost, away, or long unvisited.

Counted, and nobody named: a list of what is due is read by more people than a register.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from ..models import MemberPairing, Membership, MobileStay, Org, Transfer
from .member_rules import add_months, member_rule

Row = dict[str, Any]


def people_check(units: QuerySet[Org], on: date) -> list[Row]:
    """Return what the units owe their members on a day: {"unit", "kind", "sentence", "due", "url"}.

    Six queries, however many units there are.
    """
    named = {unit.pk: unit for unit in units}
    found = [*_transfers(on), *_lost(on), *_away(on), *_unvisited(on)]
    return [{**row, "unit": named[row["unit"]]} for row in found if row["unit"] in named]


def _transfers(on: date) -> Iterator[Row]:
    """Slips that wait for a side; the day is the last of the first one."""
    url = reverse("orgs:transfers")
    waiting = Transfer.objects.open().filter(valid_until__gte=on)
    for side, unit in (("host", "to_unit"), ("home", "from_unit")):
        rows = waiting.filter(**{f"{side}_at__isnull": True}).values_list(unit)
        for pk, n, due in rows.annotate(n=Count("pk"), due=Min("valid_until")).order_by():
            words = _("%d 件组织关系转接等本支部确认") % n
            yield {"unit": pk, "kind": "transfer", "sentence": words, "due": due, "url": url}


def _lost(on: date) -> Iterator[Row]:
    months = member_rule("lost_months", on).value
    rows = Membership.objects.members().filter(
        lost_since__lte=add_months(on, -months), suspended_on__isnull=True
    )
    for pk, n in rows.values_list("unit").annotate(n=Count("pk")).order_by():
        words = _("%(n)d 名党员失去联系满 %(months)d 个月，请继续查找，并按程序办理")
        yield _row(pk, "lost", words % {"n": n, "months": months}, flag="lost")


def _away(on: date) -> Iterator[Row]:
    months = member_rule("away_months", on).value
    days = member_rule("contact_days", on).value
    stays = MobileStay.objects.open().annotate(
        last=Coalesce("last_contact_on", "reported_on", "since")
    )
    counted = stays.values_list("membership__unit").annotate(
        away=Count("pk", filter=Q(since__lte=add_months(on, -months))),
        silent=Count("pk", filter=Q(last__lt=on - timedelta(days=days))),
    )
    for pk, away, silent in counted.order_by():
        if away:
            words = _("%(n)d 名流动党员外出满 %(months)d 个月，请核实是否转接组织关系")
            yield _row(pk, "away", words % {"n": away, "months": months}, flag="mobile")
        if silent:
            words = _("%(n)d 名流动党员超过 %(days)d 天没有联系记录")
            yield _row(pk, "silent", words % {"n": silent, "days": days}, flag="mobile")


def _unvisited(on: date) -> Iterator[Row]:
    days = member_rule("visit_days", on).value
    rows = (
        MemberPairing.objects.standing()
        .filter(helped__memberships__to_date__isnull=True)
        .annotate(last=Coalesce("last_visit_on", "since"), unit=F("helped__memberships__unit"))
        .filter(last__lt=on - timedelta(days=days), unit__isnull=False)
    )
    for pk, n in rows.values_list("unit").annotate(n=Count("pk", distinct=True)).order_by():
        words = _("%(n)d 对结对帮扶超过 %(days)d 天没有走访") % {"n": n, "days": days}
        url = reverse("orgs:pairings")
        yield {"unit": pk, "kind": "pairing", "sentence": words, "due": None, "url": url}


def _row(pk: int, kind: str, words: str, *, flag: str) -> Row:
    url = f"{reverse('orgs:people')}?flag={flag}&unit={pk}"
    return {"unit": pk, "kind": kind, "sentence": words, "due": None, "url": url}
