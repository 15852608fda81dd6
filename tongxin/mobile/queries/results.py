"""What became of what a phone sent, in words that anybody understands."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from tongxin.accounts.models import User

from ..models import FieldAction

State = FieldAction.State
LATEST = 200
# The phone knows four states; what the server tries again by itself waits.
TOLD = {State.RECEIVED: State.WAITING, State.WITHDRAWN: State.REFUSED}


def as_result(action: FieldAction) -> dict[str, Any]:
    """Return one action as the phone is told of it (docs/field-sync.md)."""
    return {
        "id": _claimed_id(action),
        "state": str(TOLD.get(State(action.state), action.state)),
        "code": action.code,
        "sentence": action.sentence or plain_words(action),
        "field": action.field,
        "about": action.about,
        "kind": action.kind,
        "at": action.at,
        "marks": action.marks,
        "warnings": action.warnings,
        "wants": [one["id"] for one in action.photos] if action.state == State.WAITING else [],
    }


def _claimed_id(action: FieldAction) -> str:
    """Return the id the phone gave, as far as there was one."""
    kind, _colon, rest = action.key.partition(":")
    if kind == "reused":
        return rest.partition(":")[0]
    raw = action.data.get("raw")
    return str(raw.get("id", ""))[:60] if kind == "junk" and isinstance(raw, dict) else action.key


def plain_words(action: FieldAction) -> str:
    """Return where an action stands, in a short sentence."""
    title = action.about.get("number") or action.about.get("title") or ""
    if action.state == State.DONE:
        return _("办好了。%s") % title if title else _("办好了。")
    if action.state == State.WAITING:
        return _("已收到，等照片传完就办。")
    if action.state == State.RECEIVED:
        return _("已收到，马上就办。")
    if action.state == State.CONFLICT:
        return _("已保存，等派单员核对。")
    return _("没有办成，内容还在。")


def latest_of(user: User) -> list[FieldAction]:
    """Return the last things somebody sent, newest first."""
    return list(FieldAction.objects.filter(user=user).order_by("-pk")[:LATEST])
