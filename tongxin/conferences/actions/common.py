"""What every action of this app asks first."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import NotPermitted
from tongxin.kit.text import clean_text

from ..models import ConferenceBody
from ..scope import convenes, keeps_lists, runs_body

M = TypeVar("M", bound=models.Model)


class NotYourBody(NotPermitted):
    """The actor does not run this body."""


class NotYourLand(NotPermitted):
    """The actor does not act for this land."""


def must_run(by: User, body: ConferenceBody) -> None:
    """:raises NotYourBody: unless `by` convenes this body"""
    if not runs_body(by, body):
        raise NotYourBody(
            _("您不负责%s。") % body.name, remedy=_("请由召集单位的书记、委员或组织员办理。")
        )


def must_convene(by: User, body: ConferenceBody) -> None:
    """:raises NotYourBody: unless `by` prepares the sessions of this body"""
    if not convenes(by, body):
        raise NotYourBody(
            _("您不负责%s。") % body.name,
            remedy=_("请由召集单位的书记、委员、组织员，或本社区的派单员办理。"),
        )


def must_keep(by: User, path: str) -> None:
    """:raises NotYourLand: unless `by` acts for the land of a path"""
    if not keeps_lists(by, path):
        raise NotYourLand(_("这里的清单不由您管理。"), remedy=_("请由所在社区或街镇办理。"))


def scoped(by: Any, key: str | None) -> str | None:
    """Return a key as it is kept: each caller's own; None if none was given."""
    text = clean_text(key or "", limit=80, field_label="Idempotency-Key", required=False)
    return f"{by.pk}:{text}" if text else None


def made_once(model: type[M], row: M) -> tuple[M, bool]:
    """Write a row with a unique `key`, or return the one its twin wrote at the same moment.

    The flag says whether it is new.
    """
    key = getattr(row, "key", None)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        if key and (twin := model._default_manager.filter(key=key).first()):
            return twin, False
        raise
    return row, True
