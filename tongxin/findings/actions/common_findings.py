"""Common findings: grouped by a person, and asked of all peer units (举一反三)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.ids import uuid7
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org, Post
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

from ..models import Finding, FindingGroup, FindingUnit, SelfCheck, SelfCheckPhoto, SelfCheckRound
from ..models.findings import UNIT_ROLES, own_orgs
from .common import LONG, check_overseer, scoped
from .follow import BadDay
from .recording import record_finding

LEAST_GROUP = 2
MOST_PEERS = 1000
SAID = 500


class TooFew(Invalid):
    """Something in common takes at least two."""


class AlreadyGrouped(Refused):
    """A finding stands in one group."""


class NoPeers(Invalid):
    """No unit of that kind in that area."""


class NotYourCheck(NotPermitted):
    """A unit answers for itself."""


class AlreadyAnswered(Refused):
    """An answer stands as it was given."""


class NoEvidence(Invalid):
    """An answer comes with a photo."""


@transaction.atomic
def make_group(
    *, title: str, findings: Sequence[Finding], at: datetime, by: User, text: str = "",
    why: str = "",
) -> FindingGroup:  # fmt: skip
    """Confirm that findings are of one sort; `why` keeps what spoke for it.

    The group lies in the smallest land that holds all of them.

    :raises TooFew, AlreadyGrouped: as their names say
    :raises NotOverseer: unless `by` oversees each of them
    """
    rows = list(
        Finding.objects.select_for_update(of=("self",))
        .filter(pk__in=[finding.pk for finding in findings])
        .select_related("region", "kind")
        .order_by("pk")
    )
    if len(rows) < LEAST_GROUP:
        raise TooFew(_("共性问题至少要有 2 个问题。"), field="findings")
    for row in rows:
        check_overseer(by, row.area)
        if row.group_id is not None:
            raise AlreadyGrouped(
                _("%s 已归入另一个共性问题，请先移出。") % row.number, field="findings"
            )
    region = _common_land(rows)
    kinds = {row.kind_id for row in rows}
    group = FindingGroup.objects.create(
        id=uuid7(at), region=region, area=region.path, made_at=at, made_by=by,
        title=clean_text(title, limit=120, field_label=_("名称"), required=True),
        text=clean_text(text, limit=LONG, field_label=_("共性表现"), multiline=True),
        why=clean_text(why, limit=300, field_label=_("归并理由")),
        kind=rows[0].kind if len(kinds) == 1 else None,
    )  # fmt: skip
    Finding.objects.filter(pk__in=[row.pk for row in rows]).update(group=group)
    return group


def _common_land(rows: Sequence[Finding]) -> Region:
    parts = [row.area.split("/")[:-1] for row in rows]
    shared = []
    for names in zip(*parts, strict=False):
        if len(set(names)) > 1:
            break
        shared.append(names[0])
    return Region.objects.get(path="/".join(shared) + "/")


@transaction.atomic
def add_to_group(group: FindingGroup, *, finding: Finding, at: datetime, by: User) -> Finding:
    """Put one more finding into a group.

    :raises AlreadyGrouped, NotOverseer: as their names say
    """
    finding = Finding.objects.select_for_update(of=("self",)).get(pk=finding.pk)
    check_overseer(by, finding.area)
    check_overseer(by, group.area)
    if finding.group_id not in (None, group.pk):
        raise AlreadyGrouped(_("%s 已归入另一个共性问题，请先移出。") % finding.number)
    finding.group = group
    finding.save(update_fields=["group"])
    return finding


@transaction.atomic
def leave_group(finding: Finding, *, at: datetime, by: User) -> Finding:
    """Take a finding out of its group.

    :raises NotOverseer: as its name says
    """
    finding = Finding.objects.select_for_update(of=("self",)).get(pk=finding.pk)
    check_overseer(by, finding.area)
    finding.group = None
    finding.save(update_fields=["group"])
    return finding


def peers_of(group: FindingGroup, *, region: Region, org_kind: str, sector: str = "") -> list[Org]:
    """Return the units a self-check would be asked of: those it was found at are left out."""
    found_at = FindingUnit.objects.filter(
        finding__group=group, responsibility=FindingUnit.Responsibility.MAIN, org__isnull=False
    )
    rows = Org.objects.public().filter(kind=org_kind, region__path__under=region.path)
    if sector:
        rows = rows.filter(sector=sector)
    rows = rows.exclude(pk__in=found_at.values("org"))
    return list(rows.select_related("region").order_by("region__path", "name", "pk")[:MOST_PEERS])


def start_self_check(
    group: FindingGroup, *, region: Region, org_kind: str, text: str, due_on: date,
    at: datetime, by: User, sector: str = "", key: str = "",
) -> SelfCheckRound:  # fmt: skip
    """Ask all peer units of a kind in an area to look at themselves by a day (S0.75).

    :raises NotOverseer: unless `by` is officer or inspector over the area
    :raises NoPeers, BadDay: as their names say
    """
    kept_key = scoped(by, key)
    if kept_key and (before := SelfCheckRound.objects.filter(key=kept_key).first()):
        return before
    check_overseer(by, region.path)
    check_overseer(by, group.area)
    if due_on < localdate(at):
        raise BadDay(_("报送期限不能早于今天。"), field="due_on")
    peers = peers_of(group, region=region, org_kind=org_kind, sector=sector)
    if not peers:
        raise NoPeers(_("这个范围内没有这类单位，请换一个范围或类型。"), field="org_kind")
    try:
        with transaction.atomic():
            made = SelfCheckRound.objects.create(
                id=uuid7(at), group=group, region=region, org_kind=org_kind, sector=sector,
                text=clean_text(
                    text, limit=LONG, field_label=_("自查要求"), required=True, multiline=True
                ),
                due_on=due_on, started_at=at, started_by=by, key=kept_key,
            )  # fmt: skip
            checks = SelfCheck.objects.bulk_create(
                [SelfCheck(round=made, org=org) for org in peers]
            )
            _ask(made, checks, title=_("请开展自查：%s"), stage="ask", at=at)
    except IntegrityError:
        if kept_key and (before := SelfCheckRound.objects.filter(key=kept_key).first()):
            return before
        raise
    return made


def _ask(
    round_: SelfCheckRound, checks: Sequence[SelfCheck], *, title: str, stage: str, at: datetime
) -> int:
    """Tell those who answer for the units; return how many units could be told."""
    posts = (
        Post.objects.held_on(localdate(at))
        .filter(org__in=[check.org_id for check in checks], role__in=UNIT_ROLES)
        .filter(user__is_active=True)
        .select_related("user")
    )
    of_org: dict[int, list[User]] = {}
    for post in posts.order_by("pk"):
        of_org.setdefault(post.org_id, []).append(post.user)
    for check in checks:
        tell(
            users=of_org.get(check.org_id, []),
            title=title % round_.group.title,
            text=_("请于 %(day)s 前报送自查结果：%(text)s")
            % {"day": round_.due_on, "text": round_.text[:100]},
            url=reverse("findings:self-check", args=[check.pk]),
            key=f"self-check:{check.pk}:{stage}",
            at=at,
        )
    return len(of_org)


@transaction.atomic
def answer_self_check(
    check: SelfCheck, *, has: bool, text: str, checked_on: date, photos: Sequence[Photo],
    at: datetime, by: User,
) -> SelfCheck:  # fmt: skip
    """Answer for one's unit: it has the problem or not, with photos; if it has, that is a finding.

    :raises NotYourCheck, AlreadyAnswered, NoEvidence: as their names say
    :raises BadDay: for a day to come, or before the round began
    """
    check = (
        SelfCheck.objects.select_for_update(of=("self",))
        .select_related("round__group__kind", "org__region")
        .get(pk=check.pk)
    )
    if check.org_id not in own_orgs(by):
        raise NotYourCheck(_("自查结果由本单位报送。"))
    if check.answer:
        raise AlreadyAnswered(_("本单位已报送自查结果。"))
    if not photos:
        raise NoEvidence(_("请附自查的照片（现场或检查记录）。"), field="photos")
    if not localdate(check.round.started_at) <= checked_on <= localdate(at):
        raise BadDay(_("自查日期应在要求发出之后、今天或之前。"), field="checked_on")
    check.text = clean_text(
        text, limit=SAID, field_label=_("情况说明"), required=True, multiline=True
    )
    check.answer = SelfCheck.Answer.HAS if has else SelfCheck.Answer.HAS_NOT
    check.checked_on, check.answered_by, check.answered_at = checked_on, by, at
    SelfCheckPhoto.objects.bulk_create(
        [SelfCheckPhoto(check_of=check, photo=photo, order=n) for n, photo in enumerate(photos)]
    )
    if has:
        check.finding = _own_finding(check, photos, at=at, by=by)
    check.save()
    return check


def _own_finding(check: SelfCheck, photos: Sequence[Photo], *, at: datetime, by: User) -> Finding:
    group = check.round.group
    finding = record_finding(
        region=check.org.region, text=check.text, kind=group.kind.code if group.kind else "",
        units=[(check.org, "", "main")], found_at=at, by=by, at=at, photos=photos,
        source=(
            "self_check", str(check.pk), group.title, reverse("findings:self-check", args=[check.pk]),
        ),
    )  # fmt: skip
    finding.group = group
    finding.save(update_fields=["group"])
    return finding


@transaction.atomic
def chase_round(round_: SelfCheckRound, *, at: datetime, by: User) -> int:
    """Remind the units that have not answered, once a day; return how many still wait.

    :raises NotOverseer: as its name says
    """
    round_ = (
        SelfCheckRound.objects.select_for_update(of=("self",)).select_related("group").get(pk=round_.pk)
    )  # fmt: skip
    check_overseer(by, round_.group.area)
    waiting = list(round_.checks.waiting().order_by("pk"))
    _ask(round_, waiting, title=_("催报自查：%s"), stage=f"chase-{localdate(at)}", at=at)
    round_.chased_at = at
    round_.save(update_fields=["chased_at"])
    return len(waiting)
