"""Households helped: shown without their names; the ledger of subsidies and its sums."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count, Q, QuerySet, Sum

from tongxin.accounts.queries import sealer

from ..models import AssistancePlan, Subsidy, SubsidyEntry


def masked_household(plan: AssistancePlan) -> str:
    """Return a household's name as it may be shown: 王**. In a village two letters would tell."""
    return f"{sealer().open(plan.household_sealed)[:1]}**"


def with_counts(rows: QuerySet[AssistancePlan]) -> QuerySet[AssistancePlan]:
    """Add `n` and `done`, the things planned and done for a household."""
    return rows.annotate(
        n=Count("items", distinct=True),
        done=Count("items", filter=Q(items__done_on__isnull=False), distinct=True),
    )


def paid_by_plan(plans: Iterable[AssistancePlan]) -> dict[int, int]:
    """Return {plan id: fen paid, less what came back}."""
    rows = SubsidyEntry.objects.filter(subsidy__plan__in=plans)
    return dict(rows.order_by().values_list("subsidy__plan").annotate(n=Sum("fen")))


def wrong_subsidies() -> list[Subsidy]:
    """Return the subsidies whose ledger does not agree with their state; for `tongxin verify`.

    Paid ones have their grant as first entry and never less than nothing in sum; others have none.
    """
    rows = Subsidy.objects.annotate(sum=Sum("entries__fen"), n=Count("entries"))
    paid = Q(state=Subsidy.State.PAID)
    return list(rows.filter((paid & (Q(n=0) | Q(sum__lt=0))) | (~paid & Q(n__gt=0))))
