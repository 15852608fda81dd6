"""Every write of taking part, by verb."""

from __future__ import annotations

from datetime import datetime

from .counting import close_poll, polls_due, publish_poll, stir_due
from .groups import (
    ask_to_join,
    close_matter,
    draft_convention,
    end_group,
    finish_part,
    leave_group,
    open_matter,
    record_activity,
    register_group,
    take_in,
    vote_on_convention,
)
from .motions import (
    DESK_MOVES,
    call_consultation,
    hide_statement,
    lapse_due,
    move_motion,
    raise_motion,
    speak,
    support_motion,
)
from .pledges import (
    adopt_action,
    close_discussion,
    close_item_campaign,
    contribute,
    finish_adopted,
    finish_item,
    pick_item,
    put_back,
    round_now,
    start_discussion,
    start_item_campaign,
)
from .polls import (
    add_members,
    add_to_roll,
    answer_objection,
    object_to_roll,
    open_poll,
    post_roll,
    set_poll,
    strike_entry,
    take_off_roll,
    void_poll,
)
from .questions import add_question, change_question, edit_question
from .rules import load_rules
from .surveys import (
    answer_at_the_door,
    answer_by_token,
    answer_openly,
    close_survey,
    draw_sample,
    make_survey,
    open_survey,
    publish_survey,
    surveys_due,
    works_in,
)
from .voting import (
    authorise,
    cast_vote,
    confirm_papers,
    count_papers,
    drop_papers,
    new_receipt,
)


def taking_part_due(*, at: datetime, limit: int = 50) -> int:
    """Do what time brings: polls open and close, surveys end, motions lapse. Safe beside itself."""
    n = polls_due(at=at, limit=limit)
    n += lapse_due(at=at, limit=limit)
    return n + surveys_due(at=at, limit=limit)


__all__ = [
    "DESK_MOVES",
    "add_members",
    "add_question",
    "add_to_roll",
    "adopt_action",
    "answer_at_the_door",
    "answer_by_token",
    "answer_objection",
    "answer_openly",
    "ask_to_join",
    "authorise",
    "call_consultation",
    "cast_vote",
    "change_question",
    "close_discussion",
    "close_item_campaign",
    "close_matter",
    "close_poll",
    "close_survey",
    "confirm_papers",
    "contribute",
    "count_papers",
    "draft_convention",
    "draw_sample",
    "edit_question",
    "drop_papers",
    "end_group",
    "finish_adopted",
    "finish_item",
    "finish_part",
    "hide_statement",
    "lapse_due",
    "leave_group",
    "load_rules",
    "make_survey",
    "move_motion",
    "new_receipt",
    "object_to_roll",
    "open_matter",
    "open_poll",
    "open_survey",
    "pick_item",
    "polls_due",
    "post_roll",
    "publish_poll",
    "publish_survey",
    "put_back",
    "raise_motion",
    "record_activity",
    "register_group",
    "round_now",
    "set_poll",
    "speak",
    "start_discussion",
    "start_item_campaign",
    "stir_due",
    "strike_entry",
    "support_motion",
    "surveys_due",
    "take_in",
    "take_off_roll",
    "taking_part_due",
    "void_poll",
    "vote_on_convention",
    "works_in",
]
