"""Every write of accounts, gathered from the files of this folder."""

from .auditing import audit, audit_look
from .delivering import deliver_due, retry_delivery
from .keeping import Answer, answer_once
from .notices import publish, read_all, read_notice, tell
from .people import (
    add_user,
    change_me,
    change_password,
    set_password,
    set_phone,
    unmask_phone,
)
from .resealing import Resealed, count_old, reseal
from .signing_in import (
    CodeNotSent,
    TooManyCodes,
    guessed_wrongly,
    refuse_guessing,
    send_code,
    sign_in_by_code,
    sign_in_by_password,
    step_into,
)
from .tidying import forget_old
from .tokens import make_token, revoke_token
from .webhooks import replay, resend, save_subscription, test_subscription, turn_secret

__all__ = [
    "Resealed",
    "count_old",
    "reseal",
    "Answer",
    "CodeNotSent",
    "TooManyCodes",
    "add_user",
    "answer_once",
    "audit",
    "audit_look",
    "change_me",
    "change_password",
    "deliver_due",
    "forget_old",
    "guessed_wrongly",
    "make_token",
    "publish",
    "read_all",
    "read_notice",
    "refuse_guessing",
    "replay",
    "resend",
    "retry_delivery",
    "revoke_token",
    "save_subscription",
    "send_code",
    "set_password",
    "set_phone",
    "sign_in_by_code",
    "sign_in_by_password",
    "step_into",
    "tell",
    "test_subscription",
    "turn_secret",
    "unmask_phone",
]
