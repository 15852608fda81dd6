"""What a village earned: written down with proof, reported once a year, verified by the street."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

from django.db import transaction
from django.db.models import Q, Sum
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, KeyReused, Refused
from tongxin.kit.text import clean_text
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

from ..models import IncomeEntry, IncomeKind, IncomeLine, IncomePhoto, VillageProject, VillageYear
from ..queries.people import verifiers_of
from .common import SHORT, NotVerifier, check_fen, check_past, must_look_over, must_work_in, scoped

DATA = Path(__file__).parent.parent / "data"
State = VillageYear.State


class YearClosed(Refused):
    """What was reported waits for the street; what was verified stays."""


class BadYear(Invalid):
    """A year from 2000 to this one."""


class NotWaiting(Refused):
    """Only what was reported is verified, once."""


class SameHands(NotVerifier):
    """Who reported does not verify."""


class AlreadyWithdrawn(Refused):
    """An income is taken back once."""


@transaction.atomic
def load_kinds() -> int:
    """Bring in the sample kinds and the line of 50,000 yuan where they are missing; return how many."""
    known = set(IncomeKind.objects.values_list("code", flat=True))
    with (DATA / "income_kinds.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["code"] not in known]
    made = IncomeKind.objects.bulk_create(
        [
            IncomeKind(
                code=row["code"], name=row["name"], counts=row["counts"] == "1",
                is_sustainable=row["is_sustainable"] == "1", effective_from=date(2016, 1, 1),
                source="样例，供各区按实际修改", is_sample=True,
            )
            for row in rows
        ]
    )  # fmt: skip
    given = {"amount_fen": 5_000_000, "source": "样例：可持续收入 5 万元", "is_sample": True}
    _line, new = IncomeLine.objects.get_or_create(from_year=2016, defaults=given)
    return len(made) + int(new)


def year_for(village: Region, year: int, *, at: datetime) -> VillageYear:
    """Return a village's year, locked, begun if need be. :raises BadYear: for one to come"""
    if not 2000 <= year <= localdate(at).year:
        raise BadYear(_("年度应在 2000 年到今年之间。"), field="year")
    VillageYear.objects.get_or_create(village=village, year=year)
    rows = VillageYear.objects.select_for_update(of=("self",)).select_related("village")
    return rows.get(village=village, year=year)


def _must_be_open(of_year: VillageYear) -> None:
    if of_year.state != State.OPEN:
        raise YearClosed(
            _("%(village)s %(year)d 年的收入%(state)s，不能再改。")
            % {"village": of_year.village.name, "year": of_year.year, "state": of_year.get_state_display()},
            remedy=_("请街镇退回后再改。"),
        )  # fmt: skip


@transaction.atomic
def add_income(
    *, village: Region, kind: IncomeKind, amount_fen: int, on: date, by: User, at: datetime,
    is_sustainable: bool | None = None, text: str = "", project: VillageProject | None = None,
    photos: Iterable[Photo] = (), key: str | None = None,
) -> IncomeEntry:  # fmt: skip
    """Write an income of a village down, in the year of its day; `kind` says whether it lasts.

    :raises NotReporter, NotAVillage, BadAmount, BadDay, YearClosed, KeyReused: as their names say
    """
    must_work_in(by, village)
    kept = scoped(by, key)
    if kept and (old := IncomeEntry.objects.filter(key=kept).first()):
        if (old.amount_fen, old.on, old.of_year.village_id) != (amount_fen, on, village.pk):
            raise KeyReused(_("这个 Idempotency-Key 已用于另一笔。"), field="Idempotency-Key")
        return old
    check_fen(amount_fen)
    check_past(on, at)
    if project is not None and project.village_id != village.pk:
        raise Invalid(_("这个项目不是本村的。"), field="project")
    of_year = year_for(village, on.year, at=at)
    _must_be_open(of_year)
    lasts = kind.is_sustainable if is_sustainable is None else is_sustainable
    entry = IncomeEntry.objects.create(
        of_year=of_year, kind=kind, amount_fen=amount_fen, on=on, by=by, at=at, key=kept,
        is_sustainable=lasts and kind.counts, project=project,
        text=clean_text(text, limit=SHORT, field_label=_("说明")),
    )  # fmt: skip
    IncomePhoto.objects.bulk_create([IncomePhoto(entry=entry, photo=one) for one in photos])
    add_up(of_year)
    return entry


def add_up(of_year: VillageYear) -> None:
    """Keep the sums of a locked year."""
    sums = of_year.entries.standing().aggregate(
        total=Sum("amount_fen", filter=Q(kind__counts=True)),
        lasting=Sum("amount_fen", filter=Q(kind__counts=True, is_sustainable=True)),
        grants=Sum("amount_fen", filter=Q(kind__counts=False)),
    )
    of_year.total_fen = sums["total"] or 0
    of_year.sustainable_fen = sums["lasting"] or 0
    of_year.grants_fen = sums["grants"] or 0
    of_year.save(update_fields=["total_fen", "sustainable_fen", "grants_fen"])


@transaction.atomic
def withdraw_income(*, entry: IncomeEntry, reason: str, by: User, at: datetime) -> None:
    """Take back an income that was written down by mistake; it stays, with the reason.

    :raises AlreadyWithdrawn, YearClosed, NotReporter: as their names say
    """
    of_year = year_for(entry.of_year.village, entry.of_year.year, at=at)
    must_work_in(by, of_year.village)
    _must_be_open(of_year)
    entry = IncomeEntry.objects.get(pk=entry.pk)
    if entry.withdrawn_at is not None:
        raise AlreadyWithdrawn(_("这笔收入已撤回。"))
    entry.withdrawn_why = clean_text(reason, limit=SHORT, field_label=_("原因"), required=True)
    entry.withdrawn_at = at
    entry.save(update_fields=["withdrawn_at", "withdrawn_why"])
    add_up(of_year)


@transaction.atomic
def report_year(*, village: Region, year: int, by: User, at: datetime) -> VillageYear:
    """Report a year to the street; one without income is reported too, as zero (零申报).

    :raises NotReporter, BadYear, YearClosed: as their names say
    """
    must_work_in(by, village)
    of_year = year_for(village, year, at=at)
    _must_be_open(of_year)
    of_year.state, of_year.reported_by, of_year.reported_at = State.REPORTED, by, at
    of_year.verified_by = of_year.verified_at = None
    of_year.remark = ""
    of_year.save()
    tell(
        users=[one for one in verifiers_of(village.path, localdate(at)) if one.pk != by.pk],
        title=_("村集体收入待核实：%s") % village.name,
        text=_("%(year)d 年，%(name)s填报") % {"year": year, "name": by.name},
        url=_url(village),
        key=f"village-year:{of_year.pk}:{at:%Y%m%d%H%M%S}",
        at=at,
    )
    return of_year


@transaction.atomic
def verify_year(
    *, of_year: VillageYear, accept: bool, by: User, at: datetime, remark: str = ""
) -> VillageYear:
    """Verify what a village reported, or send it back with what to mend.

    :raises SameHands: for who reported; NotVerifier: for anybody but the street and above
    :raises NotWaiting: unless it waits
    """
    rows = VillageYear.objects.select_for_update(of=("self",))
    of_year = rows.select_related("village", "reported_by").get(pk=of_year.pk)
    must_look_over(by, of_year.village)
    if of_year.state != State.REPORTED:
        raise NotWaiting(_("这份年报现在是“%s”，不能核实。") % of_year.get_state_display())
    if by.pk == of_year.reported_by_id:
        raise SameHands(_("填报人不能核实自己的填报，请换一人。"))
    of_year.remark = clean_text(remark, limit=SHORT, field_label=_("核实意见"), required=not accept)
    of_year.state = State.VERIFIED if accept else State.OPEN
    if accept:
        of_year.verified_by, of_year.verified_at = by, at
    of_year.save()
    if not accept and of_year.reported_by is not None:
        tell(
            users=[of_year.reported_by], title=_("村集体收入被退回：%s") % of_year.village.name,
            text=of_year.remark, url=_url(of_year.village), at=at,
            key=f"village-year-back:{of_year.pk}:{at:%Y%m%d%H%M%S}",
        )  # fmt: skip
    return of_year


@transaction.atomic
def reopen_year(*, of_year: VillageYear, reason: str, by: User, at: datetime) -> VillageYear:
    """Open a verified year again, with the reason. :raises NotVerifier, NotWaiting: as named"""
    rows = VillageYear.objects.select_for_update(of=("self",)).select_related("village")
    of_year = rows.get(pk=of_year.pk)
    must_look_over(by, of_year.village)
    if of_year.state != State.VERIFIED:
        raise NotWaiting(_("这份年报现在是“%s”，不用重新打开。") % of_year.get_state_display())
    of_year.remark = clean_text(reason, limit=SHORT, field_label=_("原因"), required=True)
    of_year.state, of_year.verified_by, of_year.verified_at = State.OPEN, None, None
    of_year.save()
    audit(actor=by, action="economy.reopen", object=str(of_year), at=at, reason=of_year.remark)
    return of_year


def _url(village: Region) -> str:
    return reverse("economy:village", args=[village.code])
