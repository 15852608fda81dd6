"""One action, acted on once: in its own transaction, its outcome written beside it."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused

from ..models import FieldAction, IncomingPhoto
from ..queries.judging import judges_of
from . import kinds
from .common import GivenPhoto, MovedOn

log = logging.getLogger(__name__)
State = FieldAction.State
OPEN = (State.RECEIVED, State.WAITING)
MOST_TRIES = 5
OUTCOME = (
    *("state", "code", "sentence", "field", "about", "found", "marks", "tries", "area"),
    *("applied_at", "data", "place"),
)


class PhotoRefused(Invalid):
    """One of the action's photos is no photo."""


class Broken(Refused):
    """Something of ours went wrong again and again."""


def apply_action(action: FieldAction, *, at: datetime) -> FieldAction:
    """Act on what was received, unless that was done; the outcome stands on the row.

    `action.user` is who sent it. A refusal undoes what was begun and is written down; an error of
    ours is tried again by the worker, five times.
    """
    try:
        with transaction.atomic():
            # What was sent never changes; only where it stands is read again, under the lock.
            locked = FieldAction.objects.select_for_update().filter(pk=action.pk)
            if locked.values_list("state", flat=True).get() not in OPEN:
                return _show(action, FieldAction.objects.get(pk=action.pk))
            photos = given_photos(action)
            if photos is None or _waits_for_another(action):
                action.state = State.WAITING
                action.save(update_fields=["state"])
                return action
            action.about = kinds.act(action, photos)
            _settle(action, at)
            action.save(update_fields=OUTCOME)
    except MovedOn as conflict:
        return _keep_conflict(action, conflict, at)
    except Refused as refusal:
        return keep_refusal(action, refusal, at)
    except Exception as error:
        log.exception("field action %s", action.pk)
        return _try_again(action, error, at)
    if action.state == State.CONFLICT:
        tell_judges(action, at)
    return action


def _show(action: FieldAction, row: FieldAction) -> FieldAction:
    """Copy the outcome onto the row the caller holds."""
    for name in OUTCOME:
        setattr(action, name, getattr(row, name))
    return action


def given_photos(row: FieldAction) -> list[GivenPhoto] | None:
    """Return the action's photos; None while some have not come.

    :raises PhotoRefused: if one of them is none
    """
    if not row.photos:
        return []
    ids = [uuid.UUID(one["id"]) for one in row.photos]
    rows = IncomingPhoto.objects.filter(user=row.user_id, uid__in=ids).select_related("photo")
    here = {str(one.uid): one for one in rows}
    given = []
    for one in row.photos:
        incoming = here.get(one["id"])
        if incoming is not None and incoming.state == IncomingPhoto.State.REFUSED:
            raise PhotoRefused(
                _("有一张照片不能用：%s") % incoming.sentence,
                field="photos",
                remedy=_("请换一张照片，重新发送这一条。"),
            )
        given.append(incoming and incoming.photo and GivenPhoto(incoming.photo, one["slot"]))
    return [one for one in given if one] if all(given) else None


def _waits_for_another(row: FieldAction) -> bool:
    """Say whether an earlier step of the same thing is still waiting for its photos."""
    if not row.subject:
        return False
    before = FieldAction.objects.filter(
        user=row.user_id, state=State.WAITING, subject=row.subject, at__lt=row.at
    )
    return before.exclude(pk=row.pk).exists()


def _settle(row: FieldAction, at: datetime) -> None:
    """Write down that it was done; or that it was kept beside another report of the same visit."""
    row.state, row.applied_at = State.DONE, at
    row.code = row.sentence = row.field = ""
    if row.found:
        row.state, row.code = State.CONFLICT, "moved_on"
        row.sentence = _("别人已先交了这次走访的填报，您的另存一份，等负责人核对。")


def keep_refusal(action: FieldAction, refusal: Refused, at: datetime) -> FieldAction:
    """Write down that an action was refused, and why; it stays whole."""
    action.state, action.applied_at, action.code = State.REFUSED, at, refusal.code[:40]
    sentence = f"{refusal.message}{refusal.remedy}"
    action.sentence = sentence if len(sentence) <= 300 else f"{sentence[:299]}…"
    action.field = (refusal.field or "")[:60]
    kinds.hide_content(action)
    return _write(action)


def _keep_conflict(action: FieldAction, conflict: MovedOn, at: datetime) -> FieldAction:
    action.state, action.applied_at, action.code = State.CONFLICT, at, conflict.code
    action.sentence, action.field = str(conflict.message)[:300], ""
    action.about, action.found, action.area = conflict.about, conflict.found, conflict.area
    action = _write(action)
    if action.state == State.CONFLICT:
        tell_judges(action, at)
    return action


def tell_judges(action: FieldAction, at: datetime) -> None:
    """Ask the dispatchers (or officers) nearest to the place to decide."""
    title = action.about.get("title", "")
    tell(
        users=[one for one in judges_of(action) if one.pk != action.user_id],
        title=_("外勤记录等您核对"),
        text=_("%(who)s在手机上办理的“%(title)s”与系统里的不一致，请核对。")
        % {"who": action.user.name, "title": title},
        url=f"/field/conflicts/{action.pk}/",
        key=f"field-conflict:{action.pk}",
        at=at,
    )


def _try_again(action: FieldAction, error: Exception, at: datetime) -> FieldAction:
    action.tries += 1
    if action.tries >= MOST_TRIES:
        broken = Broken(_("系统多次没有办成，内容已保存。我们已记录，请联系管理员。"))
        return keep_refusal(action, broken, at)
    action.state, action.code = State.RECEIVED, "trying_again"
    action.sentence = _("系统正忙，已收到，会自动再办。")
    return _write(action)


def _write(action: FieldAction) -> FieldAction:
    """Write an outcome, unless a twin of this call wrote one meanwhile: then that one stands."""
    values: dict[str, Any] = {name: getattr(action, name) for name in OUTCOME}
    if not FieldAction.objects.filter(pk=action.pk, state__in=OPEN).update(**values):
        return _show(action, FieldAction.objects.get(pk=action.pk))
    return action


def apply_followers(user: User, *, at: datetime) -> list[FieldAction]:
    """Act on what waits of a user, in its order, as far as its photos have come; return it."""
    rows = list(FieldAction.objects.filter(user=user, state=State.WAITING).order_by("at", "pk"))
    done = []
    for row in rows:
        row.user = user
        if apply_action(row, at=at).state != State.WAITING:
            done.append(row)
    return done
