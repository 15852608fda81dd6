"""What the books still want of those who answer for them: for the to-do of party units."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.orgs.models import Org
from tongxin.orgs.queries import leading_units
from tongxin.regions.queries import prefixes

from ..models import Account, Payable, PayOrder, UseCheck
from .words import yuan

SOON = timedelta(days=14)
MOST = 500


def funds_check(units: Iterable[Org], on: date) -> Iterator[dict[str, Any]]:
    """Yield {"unit", "kind", "sentence", "due", "url"}: payments due, payments to approve, flaws to mend.

    What an office that is no party unit owes stands with the party unit that leads its land. Five
    queries.
    """
    by_id = {unit.pk: unit for unit in units}
    answers = _answering(by_id)
    owed = Payable.objects.unpaid().filter(allocation__account__in=answers, due_on__lte=on + SOON)
    for row in owed.select_related("allocation").order_by("due_on", "pk")[:MOST]:
        given = row.allocation
        words = _("应付未付 %(money)s 元：%(what)s") % {
            "money": yuan(row.left_fen), "what": given.subject_label or given.purpose,
        }  # fmt: skip
        url = reverse("funds:allocation", args=[given.pk])
        yield _due(by_id, answers[given.account_id], "payable", words, row.due_on, url)
    waiting = PayOrder.objects.waiting().filter(allocation__account__in=answers)
    for order in waiting.select_related("allocation").order_by("on", "pk")[:MOST]:
        words = _("付款待审批 %(money)s 元：%(payee)s") % {
            "money": yuan(order.amount_fen), "payee": order.payee,
        }  # fmt: skip
        account = answers[order.allocation.account_id]
        day = max(order.on, localdate(order.at))
        yield _due(by_id, account, "pay_order", words, day, reverse("funds:orders"))
    flaws = UseCheck.objects.filter(account__in=answers, mended_on=None, mend_by__isnull=False)
    for check in flaws.select_related("account").order_by("mend_by", "pk")[:MOST]:
        words = _("资金使用抽查还没有整改：%s") % check.account.name
        url = reverse("funds:checks")
        yield _due(by_id, answers[check.account_id], "use_check", words, check.mend_by, url)


def _due(
    units: dict[int, Org], unit: int, kind: str, sentence: str, due: date | None, url: str
) -> dict[str, Any]:
    return {"unit": units[unit], "kind": kind, "sentence": sentence, "due": due, "url": url}


def _answering(units: dict[int, Org]) -> dict[int, int]:
    """Return {account: the unit of those given that answers for it}."""
    rows = Account.objects.standing().values_list("pk", "org", "org__kind", "region__path")
    leading = leading_units()
    found = {}
    for account, org, kind, path in rows:
        lead: int | None = org
        if kind != Org.Kind.PARTY:
            near = (leading.get(one) for one in reversed(list(prefixes(path))))
            lead = next((unit.pk for unit in near if unit is not None), None)
        if lead in units:
            found[account] = lead
    return found
