"""The monthly report by exception as a draft of an official document."""

from __future__ import annotations

from datetime import date, datetime

from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.documents import actions as documents
from tongxin.documents.models import Document
from tongxin.orgs.models import Org

from ..models import Programme
from ..queries.reports import monthly, paragraphs
from .common import BadDates, must_lead


def draft_monthly(
    programme: Programme, *, first: date, org: Org, by: User, at: datetime
) -> Document:
    """Draft the bulletin (通报) of a month in the name of a unit of `by`; once a month and unit.

    :raises BadDates: for a month that has not begun
    :raises NotPermitted: unless `by` leads the place and writes for the unit
    """
    must_lead(by, programme.region.path, what=_("起草月度通报"))
    today = localdate(at)
    if first > today:
        raise BadDates(_("这个月还没有开始。"), field="month")
    found = monthly(programme, first, today=today, actor=by)
    label = _("%(name)s %(year)d年%(month)d月") % {"name": programme.name, "year": first.year, "month": first.month}  # fmt: skip
    url = f"{reverse('projects:monthly', args=[programme.pk])}?month={first:%Y-%m}"
    return documents.draft(
        kind="bulletin", org=org, title=_("关于%s工作进展情况的通报") % label,
        context={"body": "\n".join(paragraphs(found))}, by=by, at=at,
        source=("key_programme", str(programme.pk), label, url),
        key=f"projects:{programme.pk}:{first:%Y%m}:{org.pk}:{today:%d}",
    )  # fmt: skip
