"""Guides of an operation, and the word of each cadre that they have read them (S0.23)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text

from ..models import Guide, GuideReading, Operation
from ..queries.guides import readers_of
from .guide_files import carry
from .operations import check_leads, check_running

MOST_TEXT = 20_000


class OldVersion(Refused):
    """A newer version has replaced it: that one is to be read."""


class NotAReader(NotPermitted):
    """Who serves in the operation confirms its guides."""


@transaction.atomic
def publish_guide(
    *,
    operation: Operation,
    title: str,
    text: str,
    at: datetime,
    by: User,
    file: tuple[str, bytes] | None = None,
) -> Guide:
    """Publish a guide, or a new version of it under the same title, to be read by all who serve.

    `file` is (name, bytes) of what it carries; a new version carries its own or none.

    :raises NotYours, NotRunning, BadGuideFile: as their names say
    :raises Invalid: with neither words nor file
    """
    check_leads(by, operation)
    check_running(operation)
    title = clean_text(title, limit=100, field_label=_("标题"), required=True)
    text = clean_text(text, limit=MOST_TEXT, field_label=_("正文"), multiline=True)
    if not text and file is None:
        raise Invalid(_("请填写正文，或者附上文件"), field="text")
    carried = {} if file is None else carry(*file)
    Operation.objects.select_for_update(of=("self",)).get(pk=operation.pk)
    same = Guide.objects.filter(operation=operation, title=title)
    version = (same.aggregate(top=Max("version"))["top"] or 0) + 1
    same.update(is_current=False)
    guide = Guide.objects.create(
        operation=operation, title=title, version=version, text=text, published_at=at, by=by,
        **carried,
    )  # fmt: skip
    _tell(guide, _("请阅读工作指南"), f"cadres:guide:{guide.pk}", at, unread_only=False)
    detail = {"file": guide.file_name, "sha256": guide.sha256} if guide.file else {}
    audit(actor=by, action="guide.publish", object=str(guide), detail=detail, at=at)
    return guide


def confirm_reading(*, guide: Guide, at: datetime, by: User) -> GuideReading:
    """Confirm that one has read it; a second time is the first.

    :raises OldVersion: if it has been replaced
    :raises NotAReader: unless `by` serves in the operation
    """
    if not guide.is_current:
        raise OldVersion(_("这一版已经更新，请阅读新版"))
    if not readers_of(guide.operation, localdate(at)).filter(person__user=by).exists():
        raise NotAReader(_("只有正在这个行动中下沉的干部需要确认"))
    reading, _made = GuideReading.objects.get_or_create(guide=guide, user=by, defaults={"at": at})
    return reading


def remind_unread(*, guide: Guide, at: datetime, by: User) -> int:
    """Remind whoever has not confirmed, at most once a day; return how many have not.

    :raises NotYours, NotRunning, OldVersion: as their names say
    """
    check_leads(by, guide.operation)
    check_running(guide.operation)
    if not guide.is_current:
        raise OldVersion(_("这一版已经更新，请提醒阅读新版"))
    key = f"cadres:guide:{guide.pk}:{localdate(at)}"
    return _tell(guide, _("还没有确认阅读工作指南"), key, at, unread_only=True)


def _tell(guide: Guide, title: str, key: str, at: datetime, *, unread_only: bool) -> int:
    rows = readers_of(guide.operation, localdate(at)).filter(person__user__isnull=False)
    if unread_only:
        rows = rows.exclude(person__user__in=guide.readings.values("user"))
    found = rows.select_related("person__user")
    users = [row.person.user for row in found if row.person.user is not None]
    url = f"/cadres/guides/{guide.pk}/"
    tell(users=users, title=title, text=str(guide.title), url=url, key=key, at=at)
    return len(users)
