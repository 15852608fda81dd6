"""Operations: drafted, put right, approved by another, begun (S0.61, S0.82); whom they look at (S0.65)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org, Post
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region

from ..models import Operation, Subject, SubjectKind
from ..models.operations import LAND_KINDS
from ..scope import APPROVERS, RUNNERS, approves
from .common import BadDay, NotYours, WrongState, audit_name, key_of, locked, must_be, must_run

LONGEST = 366  # days
MOST_TAGS, MOST_SUBJECTS = 8, 500


class NameTaken(Refused):
    """The unit has an operation of that name."""


class OutsideYourLand(Invalid):
    """The land of the operation, or one named in it, reaches further than it may."""


class NotAnApprover(Refused):
    """Who drafted a plan does not approve it; a leader or secretary of the unit does."""

    status = 403


class NothingPlanned(Refused):
    """An operation begins with teams and with somebody to look at."""


def _texts(given: dict[str, Any]) -> dict[str, Any]:
    """Return the words of a plan, cleaned; only those that are given."""
    fields = {
        "name": (80, _("名称"), True, False),
        "number": (40, _("方案文号"), False, False),
        "scope": (2000, _("监督内容"), True, True),
        "requirements": (2000, _("工作要求"), False, True),
    }
    found: dict[str, Any] = {
        name: clean_text(
            given[name], limit=limit, field_label=label, required=must, multiline=lines
        )
        for name, (limit, label, must, lines) in fields.items()
        if name in given
    }
    if "tags" in given:
        words = [clean_text(tag, limit=20, field_label=_("政策标签")) for tag in given["tags"]]
        found["tags"] = list(dict.fromkeys(word for word in words if word))[:MOST_TAGS]
    return found


def _check_days(starts_on: date, ends_on: date) -> None:
    if ends_on < starts_on:
        raise BadDay(_("结束日期不能早于开始日期。"), field="ends_on")
    if (ends_on - starts_on).days > LONGEST:
        raise BadDay(_("一次专项监督最长一年。"), field="ends_on")


@transaction.atomic
def draft_operation(
    *, org: Org, region: Region, name: str, scope: str, starts_on: date, ends_on: date, by: User,
    at: datetime, number: str = "", requirements: str = "", tags: Sequence[str] = (),
    is_unannounced: bool = False, key: str = "",
) -> Operation:  # fmt: skip
    """Draft an operation organised by a unit over some land of it.

    :raises NotYours, OutsideYourLand, BadDay, NameTaken:
    """
    kept = key_of(by, key)
    if kept and (made := Operation.objects.filter(key=kept).first()):
        return made
    posts = [p for p in posts_of(by) if p.role in RUNNERS and p.org_id == org.pk]
    if not posts:
        raise NotYours(_("由%s的监督员、管理员或书记起草。") % org.name, field="org")
    if not any(region.path.startswith(post.path) for post in posts):
        raise OutsideYourLand(
            _("监督范围不能超出您的管辖范围。"),
            field="region",
            remedy=_("请选择管辖范围内的区域。"),
        )
    _check_days(starts_on, ends_on)
    words = _texts(
        {"name": name, "number": number, "scope": scope, "requirements": requirements, "tags": tags}
    )
    try:
        with transaction.atomic():
            return Operation.objects.create(
                org=org, region=region, starts_on=starts_on, ends_on=ends_on, made_by=by,
                made_at=at, is_unannounced=is_unannounced, key=kept, **words,
            )  # fmt: skip
    except IntegrityError as error:
        raise NameTaken(_("已经有专项监督“%s”了。") % words["name"], field="name") from error


@transaction.atomic
def change_operation(*, operation: Operation, by: User, at: datetime, **given: Any) -> Operation:
    """Put a plan right: its words as long as it is a draft, its last day until it is closed.

    :raises NotYours, WrongState, BadDay, NameTaken:
    """
    row = locked(operation)
    must_run(by, row)
    if set(given) - {"ends_on"}:
        must_be(row, "drafted")
    else:
        must_be(row, "drafted", "approved", "running")
    starts_on = given.get("starts_on", row.starts_on)
    ends_on = given.get("ends_on", row.ends_on)
    _check_days(starts_on, ends_on)
    words = _texts(given) | {"starts_on": starts_on, "ends_on": ends_on}
    if "is_unannounced" in given:
        words["is_unannounced"] = given["is_unannounced"]
    before = {name: str(getattr(row, name)) for name in words}
    for name, value in words.items():
        setattr(row, name, value)
    try:
        with transaction.atomic():
            row.save(update_fields=list(words))
    except IntegrityError as error:
        raise NameTaken(_("已经有专项监督“%s”了。") % row.name, field="name") from error
    changed = {n: [old, str(words[n])] for n, old in before.items() if old != str(words[n])}
    if row.is_unannounced:
        changed = {name: [] for name in changed}
    if changed:
        audit(actor=by, action="inspection.change", object=audit_name(row), at=at, detail=changed)
    return row


@transaction.atomic
def approve_operation(*, operation: Operation, by: User, at: datetime) -> Operation:
    """Approve a drafted plan; never by who drafted it. Who drafted it is told.

    :raises NotAnApprover, WrongState:
    """
    row = locked(operation)
    if not approves(by, row):
        raise NotAnApprover(
            _("方案由%s的领导或书记批准，起草人不能批准自己的方案。") % row.org.name
        )
    must_be(row, "drafted")
    row.state, row.approved_by, row.approved_at = "approved", by, at
    row.save(update_fields=["state", "approved_by", "approved_at"])
    audit(actor=by, action="inspection.approve", object=audit_name(row), at=at)
    tell(
        users=[row.made_by], title=_("监督方案已批准"), text=row.name,
        url=f"/inspections/{row.pk}/", key=f"inspection:{row.pk}:approved", at=at,
    )  # fmt: skip
    return row


@transaction.atomic
def begin_operation(*, operation: Operation, by: User, at: datetime) -> Operation:
    """Let an approved operation run: it has teams and subjects; the teams are told.

    :raises NotYours, WrongState, NothingPlanned:
    """
    row = locked(operation)
    must_run(by, row)
    must_be(row, "approved")
    if not row.teams.exists():
        raise NothingPlanned(_("还没有监督组，请先组建监督组。"))
    if not row.subjects.exists():
        raise NothingPlanned(_("还没有监督对象，请先列出监督对象。"))
    row.state = "running"
    row.save(update_fields=["state"])
    members = User.objects.filter(
        inspection_teams__team__operation=row, inspection_teams__left_at=None
    )
    tell(
        users=members, title=_("专项监督已启动"), text=row.name, url=f"/inspections/{row.pk}/",
        key=f"inspection:{row.pk}:running", at=at,
    )  # fmt: skip
    return row


@transaction.atomic
def add_land(*, operation: Operation, regions: Iterable[Region], by: User) -> int:
    """Name streets, villages or communities as subjects; return how many were new.

    Each region's own kind says which it is: a village is 农村, a community 社区.
    :raises NotYours, WrongState, OutsideYourLand, NothingPlanned:
    """
    row = locked(operation)
    must_run(by, row)
    must_be(row, "drafted", "approved", "running")
    known = set(row.subjects.filter(region__isnull=False).values_list("region", flat=True))
    made = []
    for region in regions:
        if not region.path.startswith(row.region.path):
            raise OutsideYourLand(
                _("%(name)s不在监督范围%(land)s内。")
                % {"name": region.name, "land": row.region.name},
                field="regions",
            )
        if region.pk in known:
            continue
        known.add(region.pk)
        made.append(
            Subject(operation=row, kind=_land_kind(region), name=region.name, region=region)
        )
    _not_too_many(len(known))
    Subject.objects.bulk_create(made)
    return len(made)


def _land_kind(region: Region) -> str:
    if region.level == Region.Level.STREET:
        return SubjectKind.STREET
    if region.level == Region.Level.COMMUNITY:
        is_village = region.kind == Region.Kind.VILLAGE
        return SubjectKind.VILLAGE if is_village else SubjectKind.COMMUNITY
    raise OutsideYourLand(_("监督对象是街镇、社区或村。"), field="regions")


def _not_too_many(n: int) -> None:
    if n > MOST_SUBJECTS:
        raise OutsideYourLand(_("监督对象最多 %d 个。") % MOST_SUBJECTS, field="regions")


@transaction.atomic
def add_department(
    *, operation: Operation, kind: str, name: str, by: User, org: Org | None = None
) -> Subject:
    """Name a department, or another office, as a subject; the same one again changes nothing.

    :raises NotYours, WrongState, OutsideYourLand:
    """
    row = locked(operation)
    must_run(by, row)
    must_be(row, "drafted", "approved", "running")
    if kind not in SubjectKind.values or kind in LAND_KINDS:
        raise OutsideYourLand(_("请选择部门所属的领域。"), field="kind")
    name = clean_text(
        name or (org.name if org else ""), limit=80, field_label=_("名称"), required=True
    )
    made, _new = Subject.objects.get_or_create(
        operation=row, kind=kind, name=name, region=None, defaults={"org": org}
    )
    return made


@transaction.atomic
def drop_subject(*, subject: Subject, by: User, at: datetime) -> None:
    """Take a subject out of the plan, unless it was visited.

    :raises NotYours, WrongState:
    """
    row = locked(subject.operation)
    must_run(by, row)
    must_be(row, "drafted", "approved", "running")
    if subject.visits.exists():
        raise WrongState(_("%s已经安排过检查，不能移出。") % subject.name)
    subject.delete()
    audit(
        actor=by, action="inspection.drop_subject", object=audit_name(row), at=at,
        detail={"subject": subject.pk},
    )  # fmt: skip


def approvers_of(operation: Operation) -> list[User]:
    """Return who may approve a plan, for telling them."""
    held = Post.objects.filter(org=operation.org_id, role__in=APPROVERS, to_date=None)
    return held.exclude(user=operation.made_by_id).people()


@transaction.atomic
def ask_for_approval(*, operation: Operation, by: User, at: datetime) -> int:
    """Tell who may approve that the plan is ready; return how many were told.

    :raises NotYours, WrongState:
    """
    row = locked(operation)
    must_run(by, row)
    must_be(row, "drafted")
    people = approvers_of(row)
    tell(
        users=people, title=_("监督方案待批准"), text=row.name, url=f"/inspections/{row.pk}/",
        key=f"inspection:{row.pk}:asked:{at:%Y%m%d}", at=at,
    )  # fmt: skip
    return len(people)
