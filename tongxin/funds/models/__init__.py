"""Money in fen: where it comes from, the accounts it lies in, what it was given for, every line."""

from .accounts import (
    Account,
    AccountQuerySet,
    BudgetLine,
    BudgetLineQuerySet,
    FundCounter,
    PayRule,
    Period,
    Pot,
    Source,
    SourceQuerySet,
)
from .allocations import (
    Allocation,
    AllocationQuerySet,
    Payable,
    PayableQuerySet,
    PayOrder,
    PayOrderQuerySet,
    UseCheck,
    UseCheckPhoto,
    UseCheckQuerySet,
)
from .lines import Line, LinePhoto, LineQuerySet

__all__ = [
    "Account",
    "AccountQuerySet",
    "Allocation",
    "AllocationQuerySet",
    "BudgetLine",
    "BudgetLineQuerySet",
    "FundCounter",
    "Line",
    "LinePhoto",
    "LineQuerySet",
    "PayOrder",
    "PayOrderQuerySet",
    "PayRule",
    "Payable",
    "PayableQuerySet",
    "Period",
    "Pot",
    "Source",
    "SourceQuerySet",
    "UseCheck",
    "UseCheckPhoto",
    "UseCheckQuerySet",
]
