"""Every write of the hotline desk, by verb."""

from .answers import CODE as ANSWER_CODE
from .answers import WORDS as ANSWER_WORDS
from .answers import (
    AnswerChanged,
    CodeTaken,
    NothingChanged,
    NotKeeper,
    keeps_answers,
    load_answers,
    restore_answer,
    save_answer,
)
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
    "ANSWER_CODE",
    "ANSWER_WORDS",
    "AnswerChanged",
    "CodeTaken",
    "NotKeeper",
    "NothingChanged",
    "keeps_answers",
    "restore_answer",
    "save_answer",
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
