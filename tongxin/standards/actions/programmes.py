"""Programmes: made with their aims and papers, a year declared a campaign, closed (S4.1, S4.3, S4.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import LogEntry, Org

from ..models import Aim, Basis, Programme, StandardSet
from .common import BadYear, must_keep, not_ahead

LONGEST = 10  # years
MOST_AIMS, MOST_PAPERS = 10, 20


class NameTaken(Refused):
    """The unit has a programme of that name."""


class ProgrammeOver(Refused):
    """A programme that is closed is changed no more."""


class TooMany(Invalid):
    """More aims or papers than a page can show."""


def must_run(programme: Programme) -> None:
    """:raises ProgrammeOver:"""
    if programme.closed_on is not None:
        raise ProgrammeOver(_("规划“%s”已经结束。") % programme.name)


def _check_years(first: int, last: int) -> None:
    if not 2000 <= first <= last <= 2100:
        raise BadYear(_("结束年度不能早于起始年度。"), field="to_year")
    if last - first >= LONGEST:
        raise BadYear(_("一项规划最长 %d 年。") % LONGEST, field="to_year")


@transaction.atomic
def make_programme(
    *, unit: Org, name: str, from_year: int, to_year: int, by: User, at: datetime,
    summary: str = "", aims: Sequence[str] = (), papers: Sequence[Mapping[str, Any]] = (),
    standard: StandardSet | None = None,
) -> Programme:  # fmt: skip
    """Make a programme led by a unit; `papers` are {"title", "number", "issued_on"}.

    :raises NotYours, BadYear, NameTaken, TooMany:
    """
    must_keep(by, unit)
    _check_years(from_year, to_year)
    if len(aims) > MOST_AIMS or len(papers) > MOST_PAPERS:
        most = {"aims": MOST_AIMS, "papers": MOST_PAPERS}
        raise TooMany(
            _("目标方向最多 %(aims)d 个，依据文件最多 %(papers)d 份。") % most, field="aims"
        )
    name = clean_text(name, limit=60, field_label=_("名称"), required=True)
    try:
        with transaction.atomic():
            made = Programme.objects.create(
                unit=unit, name=name, from_year=from_year, to_year=to_year, standard=standard,
                summary=clean_text(summary, limit=2000, field_label=_("总体要求"), multiline=True),
                made_by=by, made_at=at,
            )  # fmt: skip
    except IntegrityError as error:
        raise NameTaken(_("已经有规划“%s”了。") % name, field="name") from error
    named = [clean_text(aim, limit=60, field_label=_("目标方向"), required=True) for aim in aims]
    Aim.objects.bulk_create(
        Aim(programme=made, order=n, name=word) for n, word in enumerate(dict.fromkeys(named), 1)
    )
    Basis.objects.bulk_create(
        Basis(
            programme=made,
            title=clean_text(paper["title"], limit=120, field_label=_("文件"), required=True),
            number=clean_text(paper.get("number", ""), limit=60, field_label=_("文号")),
            issued_on=paper.get("issued_on"),
        )
        for paper in papers
    )
    _write(made, _("启动规划“%(name)s”，%(first)d 至 %(last)d 年。")
           % {"name": name, "first": from_year, "last": to_year}, "made", at, by)  # fmt: skip
    return made


@transaction.atomic
def declare_campaign(
    *, programme: Programme, year: int, title: str, standard: StandardSet, by: User, at: datetime
) -> Programme:
    """Declare a year of a programme a campaign (“基层党组织标准化建设年”) with the standard of it (S4.7).

    :raises NotYours, ProgrammeOver, BadYear:
    """
    row = Programme.objects.select_for_update(of=("self",)).select_related("unit").get(
        pk=programme.pk
    )  # fmt: skip
    must_keep(by, row.unit)
    must_run(row)
    if year not in row.years:
        span = {"first": row.from_year, "last": row.to_year}
        raise BadYear(_("活动年度要在 %(first)d 到 %(last)d 之间。") % span, field="year")
    row.campaign_year, row.standard = year, standard
    row.campaign_title = clean_text(title, limit=60, field_label=_("活动名称"), required=True)
    row.save(update_fields=["campaign_year", "campaign_title", "standard"])
    text = _("%(year)d 年定为“%(title)s”，按%(standard)s考核。")
    words = {"year": year, "title": row.campaign_title, "standard": standard.name}
    _write(row, text % words, f"campaign:{year}:{row.campaign_title}"[:40], at, by)
    return row


@transaction.atomic
def close_programme(*, programme: Programme, on: date, by: User, at: datetime) -> Programme:
    """Close a programme; its goals and figures stay to be read.

    :raises NotYours, ProgrammeOver, BadDay:
    """
    row = Programme.objects.select_for_update(of=("self",)).select_related("unit").get(
        pk=programme.pk
    )  # fmt: skip
    must_keep(by, row.unit)
    must_run(row)
    not_ahead(on, at)
    row.closed_on = on
    row.save(update_fields=["closed_on"])
    audit(actor=by, action="programme.close", object=str(row), at=at, detail={"on": str(on)})
    _write(row, _("规划“%s”结束。") % row.name, "closed", at, by)
    return row


def _write(programme: Programme, text: str, key: str, at: datetime, by: User) -> None:
    write_log(
        unit=programme.unit, kind=LogEntry.Kind.ASSESSMENT, text=text, at=at, recorded_at=at,
        source=f"standards.programme:{programme.pk}", key=f"programme:{programme.pk}:{key}",
        actor=by, data={"on": localdate(at).isoformat()},
    )  # fmt: skip
