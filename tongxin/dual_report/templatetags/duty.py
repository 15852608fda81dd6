"""How slots, turns and kinds are written: `{% load duty %}`."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from tongxin.ui.templatetags.ui import state_badge

from ..forms import WEEKDAYS
from ..models import DutyTurn, Slot
from ..queries.rules import Word

register = template.Library()

TONES = {
    DutyTurn.State.PLANNED: "idle",
    DutyTurn.State.ON_DUTY: "working",
    DutyTurn.State.SERVED: "verify",
    DutyTurn.State.MISSED: "late",
    DutyTurn.State.CANCELLED: "idle",
}
VERDICT_TONES = {"good": "done", "fairly": "done", "fair": "waiting", "poor": "late"}


@register.filter
def slot_words(slot: Slot) -> str:
    """Write a weekly time: 周二 19:00–21:00."""
    return f"{WEEKDAYS[slot.weekday]} {slot.starts:%H:%M}–{slot.ends:%H:%M}"


@register.filter
def turn_badge(turn: DutyTurn) -> SafeString:
    """Draw how a turn stands; its verdict once there is one."""
    if turn.verdict:
        return state_badge(VERDICT_TONES[turn.verdict], turn.get_verdict_display())
    return state_badge(TONES[DutyTurn.State(turn.state)], turn.get_state_display())


@register.filter
def kind_name(kinds: dict[str, Word], code: str) -> str:
    return kinds[code].name if code in kinds else code


@register.filter
def kind_text(kinds: dict[str, Word], code: str) -> str:
    return kinds[code].text if code in kinds else ""


@register.filter
def hours(minutes: int | None) -> str:
    """Write minutes as hours with one decimal."""
    return f"{(minutes or 0) / 60:.1f}"
