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
from .pact_sheets import (
    amend_pact,
    amend_task,
    check_amendable,
    facts_of_pact,
    facts_of_task,
    take_back_pact,
    take_back_task,
)
from .pacts import (
    PactSigned,
    add_task,
    check_due,
    check_task,
    check_term,
    draft_pact,
    report_task,
    sign_pact,
)
from .posts import cancel_post, claim_post, confirm_claim, offer_post, release_claim
from .record import correct_service, write_service
from .rosters import close_roster, join_roster, leave_roster, open_roster, plan_turns
from .taking import MadeVisit, take_visits
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
    "MadeVisit",
    "NotAMember",
    "PactSigned",
    "add_task",
    "agree_to_show",
    "amend_pact",
    "amend_task",
    "answer_swap",
    "appraise",
    "ask_swap",
    "cancel_post",
    "cancel_turn",
    "check_amendable",
    "check_due",
    "check_task",
    "check_term",
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
    "facts_of_pact",
    "facts_of_task",
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
    "take_back_pact",
    "take_back_task",
    "tick_target",
    "withdraw_pledge",
    "write_service",
    "take_visits",
]
