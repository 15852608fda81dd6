"""Every write of the hotline desk, by verb."""

from .answers import load_answers
from .calling import (
    AlreadyTalking,
    CallOver,
    NotTheirs,
    add_for_caller,
    answer_call,
    call_back,
    drop_call,
    file_call,
    keep_draft,
    promise_call_back,
    rate_for_caller,
    reveal_number,
    start_call,
    urge_for_caller,
)
from .ordering import OrderClosed, OrderVerdict, take_order, take_orders
from .reminding import ask_ratings_due, remind_orders

__all__ = [
    "AlreadyTalking",
    "CallOver",
    "NotTheirs",
    "OrderClosed",
    "OrderVerdict",
    "add_for_caller",
    "answer_call",
    "ask_ratings_due",
    "call_back",
    "drop_call",
    "file_call",
    "keep_draft",
    "load_answers",
    "promise_call_back",
    "rate_for_caller",
    "remind_orders",
    "reveal_number",
    "start_call",
    "take_order",
    "take_orders",
    "urge_for_caller",
]
