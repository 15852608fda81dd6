"""Every write of report-in."""

from .due import report_in_due
from .honours import (
    agree_to_show,
    end_duty_area,
    hold_contest,
    make_pledge,
    set_duty_area,
    withdraw_pledge,
)
from .members import (
    NotAMember,
    confirm_member,
    end_member,
    move_member,
    renew_member,
    report_member,
)
from .pacts import add_task, check_task, draft_pact, report_task, sign_pact
from .posts import cancel_post, claim_post, confirm_claim, offer_post, release_claim
from .record import correct_service, write_service
from .rosters import close_roster, join_roster, leave_roster, open_roster, plan_turns
from .turns import answer_swap, appraise, ask_swap, cancel_turn, sign_for, sign_in, sign_out
from .units import confirm_unit, end_unit, renew_unit, report_unit
from .visits import (
    end_contact_point,
    plan_visit,
    record_visit,
    set_contact_point,
    set_walk,
    tick_target,
)

__all__ = [
    "NotAMember",
    "add_task",
    "agree_to_show",
    "answer_swap",
    "appraise",
    "ask_swap",
    "cancel_post",
    "cancel_turn",
    "check_task",
    "claim_post",
    "close_roster",
    "confirm_claim",
    "confirm_member",
    "confirm_unit",
    "correct_service",
    "draft_pact",
    "end_duty_area",
    "end_member",
    "end_unit",
    "hold_contest",
    "join_roster",
    "leave_roster",
    "make_pledge",
    "move_member",
    "offer_post",
    "open_roster",
    "plan_turns",
    "plan_visit",
    "record_visit",
    "release_claim",
    "renew_member",
    "renew_unit",
    "report_in_due",
    "report_member",
    "report_task",
    "report_unit",
    "end_contact_point",
    "set_contact_point",
    "set_duty_area",
    "set_walk",
    "sign_for",
    "sign_in",
    "sign_out",
    "sign_pact",
    "tick_target",
    "withdraw_pledge",
    "write_service",
]
