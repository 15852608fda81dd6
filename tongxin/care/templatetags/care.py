"""How money and hidden figures are written: `{% load care %}`."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from ..models import CareFile, Errand, RoundHousehold, Stay

register = template.Library()

ERRAND_TONES = {
    Errand.State.AGREED: "working",
    Errand.State.TO_CONFIRM: "waiting",
    Errand.State.SETTLED: "done",
    Errand.State.DISPUTED: "late",
    Errand.State.CALLED_OFF: "idle",
}
STAY_TONES = {
    Stay.State.ASKED: "waiting",
    Stay.State.CONFIRMED: "done",
    Stay.State.REFUSED: "late",
    Stay.State.ENDED: "idle",
}
HOUSEHOLD_TONES = {
    RoundHousehold.State.TODO: "waiting",
    RoundHousehold.State.DONE: "done",
    RoundHousehold.State.AWAY: "idle",
    RoundHousehold.State.DECLINED: "idle",
}


@register.filter
def yuan(fen: int | None) -> str:
    """Write fen as yuan: 1234550 is 12,345.50."""
    return "" if fen is None else f"{fen / 100:,.2f}"


@register.filter
def few(count: int | None, least: int) -> str:
    """Write a count; one that is hidden as 少于 5."""
    return _("少于 %d") % least if count is None else str(count)


@register.filter
def tone(thing: Errand | Stay | RoundHousehold) -> str:
    """Return the look of a state."""
    if isinstance(thing, Errand):
        return ERRAND_TONES[Errand.State(thing.state)]
    if isinstance(thing, Stay):
        return STAY_TONES[Stay.State(thing.state)]
    return HOUSEHOLD_TONES[RoundHousehold.State(thing.state)]


@register.filter
def basis_words(file: CareFile) -> str:
    """Write why a file may be held, in a sentence."""
    if file.basis == CareFile.Basis.STATUTE:
        return _("履行法定职责：%s") % file.statute
    words = {
        "who": file.get_consented_by_display(), "how": file.get_consented_how_display(),
        "day": file.consented_on,
    }  # fmt: skip
    return _("%(who)s于 %(day)s 同意（%(how)s）") % words
