"""Into the register, closed on the spot, made void; photos, responsible units, sealed names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, audit_look
from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.ids import uuid7
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org
from tongxin.photos.models import Photo
from tongxin.regions.models import DEPTH, Region
from tongxin.regions.queries import prefixes

from ..models import Finding, FindingKind, FindingPhoto, FindingUnit
from ..queries import kind_by_code, may_oversee, may_report
from .common import (
    LONG,
    SHORT,
    NotReporter,
    check_overseer,
    district_code,
    locked,
    next_number,
    scoped,
)

REPEAT_DAYS = 90
MOST_FEN = 10**13  # a hundred thousand million yuan
Duty = FindingUnit.Responsibility
Answering = tuple[Org | None, str, str]  # (unit or none of ours, its name, responsibility)


class AlreadySettled(Refused):
    """What is corrected, written off or void stays as it is."""


class NoProof(Invalid):
    """What is put right on the spot is shown by a photo of afterwards."""


class NotYours(NotPermitted):
    """Closed on the spot by who found it, or by who oversees the place."""


class BadMoney(Invalid):
    """An amount is above nothing, in whole fen."""


def record_finding(
    *,
    region: Region,
    text: str,
    found_at: datetime,
    by: User | None,
    at: datetime,
    kind: str = "",
    severity: str = "normal",
    units: Sequence[Answering] = (),
    source: tuple[str, str, str, str] = ("", "", "", ""),
    site: str = "",
    lng: float | None = None,
    lat: float | None = None,
    photos: Iterable[Photo] = (),
    named: str = "",
    due_fen: int | None = None,
    fund: str = "",
    tags: Iterable[str] = (),
    register: str = "",
    key: str = "",
    found_by_name: str = "",
) -> Finding:
    """Put a finding into the register, numbered at once (S0.72), with its repeats looked up.

    `kind` is a code; `units` are (org or None, name, "territory"|"regulator"|"main"); the nearest
    office of the place takes the local responsibility if none is named. `source` is (kind, id,
    label, url) of what it came from; without one, `by` needs a post over the place. `named` is
    sealed. `due_fen` makes it a finding about money. With a `key`, a retry acts once.

    :raises NotReporter: if `by` has no post over the place and nothing vouches for it
    :raises Invalid: for empty or over-long texts, an unknown kind, severity or responsibility
    :raises BadMoney: for an amount that is none
    """
    kept_key = scoped(by, key)
    if kept_key and (before := Finding.objects.filter(key=kept_key).first()):
        return before
    if not source[0] and (by is None or not may_report(by, region.path)):
        raise NotReporter(_("登记问题的应是当地的工作人员。"), field="region")
    finding = Finding(
        id=uuid7(at), region=region, area=region.path,
        register=register or district_code(region.path),
        kind=kind_by_code(kind, localdate(found_at)),
        severity=_choice(severity, Finding.Severity.values, "severity"),
        text=clean_text(text, limit=LONG, field_label=_("问题"), required=True, multiline=True),
        site=clean_text(site, limit=120, field_label=_("点位")),
        lng=lng, lat=lat,
        named_sealed=sealer().seal(clean_text(named, limit=SHORT, field_label=_("涉及人员"))),
        tags=_tags(tags), found_at=found_at, recorded_at=at, found_by=by,
        found_by_name=clean_text(found_by_name, limit=40, field_label=_("发现人")),
        source_kind=source[0], source_id=source[1], source_label=source[2][:120],
        source_url=source[3],
        fund=clean_text(fund, limit=120, field_label=_("资金（项目）")),
        key=kept_key,
        **_money(due_fen),
    )  # fmt: skip
    answering = [_unit(one) for one in units]
    try:
        with transaction.atomic():
            _write(finding, answering, at)
            attach_photos(finding, photos, slot=FindingPhoto.Slot.BEFORE)
    except IntegrityError:
        if kept_key and (before := Finding.objects.filter(key=kept_key).first()):
            return before
        raise
    return finding


def _write(finding: Finding, answering: list[FindingUnit], at: datetime) -> None:
    if not any(unit.responsibility == Duty.TERRITORY for unit in answering):
        answering += _territory(finding.region)
    finding.repeat_of = _before(finding, answering)
    finding.year, finding.n = next_number(finding.register, at)
    finding.number = f"{finding.year}-{finding.n:04d}"
    finding.save(force_insert=True)
    for unit in answering:
        unit.finding = finding
    FindingUnit.objects.bulk_create(_once(answering))


def _once(units: list[FindingUnit]) -> list[FindingUnit]:
    return list({(unit.name, unit.responsibility): unit for unit in units}.values())


def _choice(value: str, allowed: Iterable[str], field: str) -> str:
    if value not in allowed:
        raise Invalid(_("不认识“%s”，请从列表中选择。") % str(value)[:20], field=field)
    return value


def _unit(one: Answering) -> FindingUnit:
    org, name, responsibility = one
    shown = clean_text(
        name or (org.name if org else ""), limit=100, field_label=_("责任单位"), required=True
    )
    return FindingUnit(
        org=org, name=shown,
        responsibility=_choice(responsibility, Duty.values, "responsibility"),
    )  # fmt: skip


def _money(due_fen: int | None) -> dict[str, int]:
    if due_fen is None:
        return {}
    if not 0 < due_fen <= MOST_FEN:
        raise BadMoney(_("应到位金额应大于 0。"), field="due_fen")
    return {"due_fen": due_fen, "paid_fen": 0}


def _tags(tags: Iterable[str]) -> list[str]:
    cleaned = (clean_text(tag, limit=20, field_label=_("政策标签")) for tag in tags)
    return list(dict.fromkeys(tag for tag in cleaned if tag))[:10]


def _territory(region: Region) -> list[FindingUnit]:
    """The community's or village's own office answers for its land, or else the street's (属地)."""
    least = DEPTH[Region.Level.STREET]
    paths = [path for path in prefixes(region.path) if path.count("/") >= least]
    offices = Org.objects.public().filter(
        region__path__in=paths, kind__in=(Org.Kind.COMMUNITY, Org.Kind.GOVERNMENT)
    )
    nearest = max(
        offices.select_related("region"),
        key=lambda org: (len(org.region.path), org.kind == Org.Kind.COMMUNITY, -org.pk),
        default=None,
    )
    if nearest is None:
        return []
    return [FindingUnit(org=nearest, name=nearest.name, responsibility=Duty.TERRITORY)]


def _before(finding: Finding, answering: list[FindingUnit]) -> Finding | None:
    """Return the latest finding of the same kind at the same unit or site within ninety days."""
    if finding.kind is None:
        return None
    since = finding.found_at - timedelta(days=REPEAT_DAYS)
    same = Finding.objects.standing().filter(
        register=finding.register, kind__code=finding.kind.code,
        found_at__gte=since, found_at__lte=finding.found_at,
    )  # fmt: skip
    names = [unit.name for unit in answering if unit.responsibility == Duty.MAIN]
    mains = FindingUnit.objects.filter(responsibility=Duty.MAIN, name__in=names, finding__in=same)
    here = same.filter(region=finding.region, site=finding.site) if finding.site else same.none()
    found = [*same.filter(pk__in=mains.values("finding")), *here]
    return max(found, key=lambda one: (one.found_at, one.n), default=None)


def attach_photos(finding: Finding, photos: Iterable[Photo], *, slot: str) -> None:
    """Tie photos to a finding in a slot; one that is there already stays where it is."""
    kept = list(photos)
    if not kept:
        return
    after = finding.pictures.count()
    FindingPhoto.objects.bulk_create(
        [
            FindingPhoto(finding=finding, photo=photo, slot=slot, order=after + n)
            for n, photo in enumerate(kept)
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def add_photos(
    finding: Finding, *, photos: Sequence[Photo], slot: str, at: datetime, by: User
) -> None:
    """Add pictures later: by who found it or oversees the place, while it is not settled.

    :raises AlreadySettled, NotYours: as their names say
    """
    finding = locked(finding)
    _check_open(finding)
    _check_hand(finding, by)
    attach_photos(finding, photos, slot=_choice(slot, FindingPhoto.Slot.values, "slot"))


def _check_open(finding: Finding) -> None:
    if finding.is_settled:
        raise AlreadySettled(
            _("%(number)s 已是“%(step)s”，不能再改。")
            % {"number": finding.number, "step": finding.get_step_display()}
        )


def _check_hand(finding: Finding, by: User) -> None:
    if finding.found_by_id != by.pk and not may_oversee(by, finding.area):
        raise NotYours(_("只有发现人或当地的管理员、监督员可以办理。"))


@transaction.atomic
def correct_on_the_spot(
    finding: Finding, *, note: str, photos: Sequence[Photo], at: datetime, by: User
) -> Finding:
    """Close a finding where it was found (S0.73): what was done, and a photo of afterwards.

    :raises AlreadySettled: if it is settled, or a rectification has been ordered
    :raises NotYours: unless `by` found it or oversees the place
    :raises NoProof: without a photo
    """
    finding = locked(finding)
    _check_open(finding)
    _check_hand(finding, by)
    if finding.case_id is not None:
        raise AlreadySettled(_("%s 已交办整改，请在整改单上办理。") % finding.number)
    said = clean_text(note, limit=LONG, field_label=_("纠正情况"), required=True, multiline=True)
    if not photos:
        raise NoProof(_("现场纠正需要一张纠正后的照片。"), field="photos")
    attach_photos(finding, photos, slot=FindingPhoto.Slot.AFTER)
    finding.step, finding.is_on_the_spot = Finding.Step.CORRECTED, True
    finding.measures = finding.result = said
    finding.closed_at = max(at, finding.found_at)
    finding.save(update_fields=["step", "is_on_the_spot", "measures", "result", "closed_at"])
    audit(actor=by, action="finding.correct", object=finding.number, at=at)
    return finding


@transaction.atomic
def name_responsible(
    finding: Finding, *, units: Sequence[Answering], at: datetime, by: User
) -> Finding:
    """Say anew who answers for a finding; units that are pressed already stay.

    :raises AlreadySettled, NotOverseer: as their names say
    """
    finding = locked(finding)
    _check_open(finding)
    check_overseer(by, finding.area)
    named = _once([_unit(one) for one in units])
    kept = {(unit.name, unit.responsibility) for unit in finding.units.filter(supervised=True)}
    before = [str(unit) for unit in finding.units.all()]
    finding.units.filter(supervised=False).delete()
    for unit in named:
        unit.finding = finding
    FindingUnit.objects.bulk_create(
        [unit for unit in named if (unit.name, unit.responsibility) not in kept]
    )
    audit(
        actor=by, action="finding.responsible", object=finding.number, at=at,
        detail={"before": before, "after": [str(unit) for unit in finding.units.all()]},
    )  # fmt: skip
    return finding


@transaction.atomic
def set_kind(finding: Finding, *, kind: FindingKind, at: datetime, by: User) -> Finding:
    """Put a finding under another kind.

    :raises AlreadySettled, NotOverseer: as their names say
    """
    finding = locked(finding)
    _check_open(finding)
    check_overseer(by, finding.area)
    before, finding.kind = finding.kind, kind
    finding.save(update_fields=["kind"])
    detail = {"before": before.code if before else "", "after": kind.code}
    audit(actor=by, action="finding.kind", object=finding.number, at=at, detail=detail)
    return finding


@transaction.atomic
def void_finding(finding: Finding, *, reason: str, at: datetime, by: User) -> Finding:
    """Declare a finding void, with the reason; its number stays in the register.

    :raises AlreadySettled: if it is settled or its rectification runs
    :raises NotOverseer: as its name says
    """
    finding = locked(finding)
    _check_open(finding)
    check_overseer(by, finding.area)
    if finding.step == Finding.Step.ORDERED:
        raise AlreadySettled(_("%s 正在整改，请先撤销交办。") % finding.number)
    finding.result = clean_text(reason, limit=SHORT, field_label=_("作废原因"), required=True)
    finding.step, finding.closed_at = Finding.Step.VOID, at
    finding.save(update_fields=["step", "result", "closed_at"])
    audit(actor=by, action="finding.void", object=finding.number, at=at, reason=finding.result)
    return finding


def reveal_names(
    finding: Finding, *, reason: str, at: datetime, by: User, address: str = ""
) -> str:
    """Return the persons a finding names (S0.68), and write down who looked and why.

    :raises NotOverseer: unless `by` is officer or inspector over the place
    :raises NoReason: without a reason of four characters
    """
    check_overseer(by, finding.area)
    audit_look(
        actor=by, action="finding.names", object=finding.number, reason=reason, at=at,
        address=address,
    )  # fmt: skip
    return sealer().open(finding.named_sealed)
