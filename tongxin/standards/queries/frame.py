"""The standard in force on a day, and how its items are judged in words."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from tongxin.kit.errors import NotFound
from tongxin.orgs.models import LogEntry

from ..models import StandardItem, StandardSet


class NoStandard(NotFound):
    """No standard is in force on that day."""


def standard_on(day: date) -> StandardSet:
    """Return the frame in force on a day: of several, what a district set itself goes before samples.

    :raises NoStandard: if there is none
    """
    found = list(StandardSet.objects.on(day))
    if not found:
        raise NoStandard(
            _("%s 还没有施行的标准。") % day, remedy=_("请在“标准”页载入样例或上传本地标准。")
        )
    own = [one for one in found if not one.is_sample]
    return (own or found)[-1]


def frame_text_of(item: StandardItem) -> str:
    """Say in a sentence how an item is judged."""
    if item.how != StandardItem.How.LOG:
        return str(item.get_how_display())
    kind = LogEntry.Kind(item.log_kind).label
    words = {"per": item.get_per_display(), "least": item.least, "kind": kind}
    return _("看全程纪实：%(per)s至少 %(least)d 条“%(kind)s”记录") % words
