"""Files are opened for a purpose with a basis, looked at with a reason, closed, and forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, audit_look
from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Invalid, KeyReused, NotPermitted, Refused, Stale
from tongxin.kit.ids import uuid7
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Person, Post
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

from ..models import CareDuty, CareFile, Carer, Impact, Look, NumberRow
from ..queries.files import contents_of
from ..queries.rules import kinds
from ..queries.visits import next_due_on
from ..scope import has_duty, is_officer, walks
from .common import (
    BadDay,
    NotYourCare,
    locked,
    must_be_grid,
    must_keep,
    read_body,
    scoped,
    sealed,
)

LEAST_KEPT = timedelta(3 * 365)  # PIPL §56: assessments are kept at least three years


class NoBasis(Invalid):
    """Sensitive data is held by consent given for it, or by a duty that the law names (PIPL §13, §29)."""


class NeedsGuardian(Invalid):
    """For somebody under fourteen a guardian consents (PIPL §31)."""


class NotAssessed(Refused):
    """No file without an assessment of its impact that somebody has accepted (PIPL §55)."""


class FileThere(Refused):
    """Somebody of this name has a file of this kind in the building."""


class NotNow(Refused):
    """A step that has been made, or cannot be made any more."""


class NotByOneself(NotPermitted):
    """Nobody accepts their own assessment, or decides in their own matter."""


# Assessments and care officers.


@transaction.atomic
def write_impact(
    *, region: Region, purpose: str, legality: str, data: str, risks: str, measures: str,
    valid_until: date, by: User, at: datetime,
) -> Impact:  # fmt: skip
    """Write an assessment of a purpose (PIPL §55, §56); it holds once another officer accepts it.

    :raises NotYourCare: for who neither decides for the land nor has the care of it
    """
    if not (is_officer(by, region.path) or has_duty(by, region.path)):
        raise NotYourCare(_("影响评估由社区关爱专员或街道（区）管理员填写。"))
    if not localdate(at) < valid_until <= localdate(at) + LEAST_KEPT:
        raise BadDay(_("有效期应在今天之后、三年以内。"), field="valid_until")
    given = {
        "legality": (legality, _("目的、方式是否合法、正当、必要")),
        "data": (data, _("收集哪些信息")),
        "risks": (risks, _("影响和风险")),
        "measures": (measures, _("保护措施")),
    }
    words = {
        name: clean_text(text, limit=1000, field_label=label, required=True, multiline=True)
        for name, (text, label) in given.items()
    }
    purpose = clean_text(purpose, limit=60, field_label=_("处理目的"), required=True)
    made = Impact.objects.create(
        region=region, purpose=purpose, valid_until=valid_until, made_by=by, made_at=at, **words
    )
    audit(actor=by, action="care.impact.write", object=f"care.impact:{made.pk}", at=at)
    return made


@transaction.atomic
def settle_impact(*, impact: Impact, accept: bool, note: str, by: User, at: datetime) -> Impact:
    """Accept an assessment, or not; by an officer of the land, never by who wrote it.

    :raises NotYourCare, NotByOneself:
    :raises NotNow: the second time
    """
    impact = (
        Impact.objects.select_for_update(of=("self",)).select_related("region").get(pk=impact.pk)
    )
    if not is_officer(by, impact.region.path):
        raise NotYourCare(_("影响评估由街道（区）管理员审定。"))
    if impact.made_by_id == by.pk:
        raise NotByOneself(_("自己写的评估请由另一位管理员审定。"))
    if impact.settled_at is not None:
        raise NotNow(_("这份评估已经审定。"))
    impact.is_accepted, impact.settled_by, impact.settled_at = accept, by, at
    impact.note = clean_text(note, limit=300, field_label=_("审定意见"), required=not accept)
    impact.save(update_fields=["is_accepted", "settled_by", "settled_at", "note"])
    audit(
        actor=by, action="care.impact.settle", object=f"care.impact:{impact.pk}",
        detail={"accepted": accept}, at=at,
    )  # fmt: skip
    return impact


@transaction.atomic
def name_officer(*, user: User, region: Region, by: User, at: datetime) -> CareDuty:
    """Make somebody who holds a post in a community its care officer.

    :raises NotYourCare: for who does not decide for the land
    :raises NotNow: if they are
    """
    if not is_officer(by, region.path):
        raise NotYourCare(_("关爱专员由街道（区）管理员指定。"))
    if region.level != Region.Level.COMMUNITY:
        raise Invalid(_("请选择一个社区或村。"), field="region")
    today = localdate(at)
    posts = Post.objects.held_on(today).filter(user=user, region__path__under=region.path)
    if not posts.exists():
        raise Invalid(
            _("%s在这个社区没有岗位，不能当关爱专员。") % user.name,
            field="user",
            remedy=_("请先在社区设岗位。"),
        )
    if CareDuty.objects.filter(user=user, region=region, to_date=None).exists():
        raise NotNow(_("%s已经是这里的关爱专员。") % user.name, field="user")
    made = CareDuty.objects.create(user=user, region=region, from_date=today, by=by)
    audit(actor=by, action="care.duty.give", object=f"user:{user.pk} {region.code}", at=at)
    return made


@transaction.atomic
def end_officer(*, duty: CareDuty, by: User, at: datetime) -> CareDuty:
    """End a care officer's duty from today on; what they could read, they read no more."""
    duty = CareDuty.objects.select_for_update(of=("self",)).select_related("region").get(pk=duty.pk)
    if not is_officer(by, duty.region.path):
        raise NotYourCare(_("关爱专员由街道（区）管理员指定。"))
    if duty.to_date is not None:
        raise NotNow(_("这项职责已经结束。"))
    duty.to_date = localdate(at)
    duty.save(update_fields=["to_date"])
    audit(actor=by, action="care.duty.end", object=f"user:{duty.user_id} {duty.region.code}", at=at)
    return duty


# A file from its opening to its end.


@transaction.atomic
def open_file(
    *, grid: Region, kind: str, name: str, impact: Impact, basis: str, by: User, at: datetime,
    building: str = "", body: Mapping[str, Any] | None = None, statute: str = "",
    consented_on: date | None = None, consented_by: str = "", consented_how: str = "",
    paper: Photo | None = None, person: Person | None = None, expires_on: date | None = None,
    key: str = "",
) -> CareFile:  # fmt: skip
    """Open the file of somebody who needs care; a retry with `key` acts once.

    :raises NotYourCare: for who is neither worker of the grid nor care officer
    :raises NotAssessed: without an accepted assessment that holds here today
    :raises NoBasis, NeedsGuardian, BadDay, NotAGrid, FileThere, Invalid:
    """
    must_keep(by, grid.path)
    own_key = scoped(by, key)
    if own_key and (made := CareFile.objects.filter(key=own_key).first()):
        return made
    community, today = must_be_grid(grid), localdate(at)
    known = kinds(today)
    if kind not in known:
        raise Invalid(_("请选择类别。"), field="kind")
    must_be_assessed(impact, grid.path, today)
    name = clean_text(name, limit=40, field_label=_("姓名"), required=True)
    words = read_body(body or {})
    told = _basis(
        kind, basis, statute, consented_on, consented_by, consented_how, paper=paper, on=today
    )
    last = today + timedelta(known[kind].term_days)
    if expires_on is not None and not today < expires_on <= last:
        raise BadDay(_("有效期应在今天之后，最长到 %s。") % last, field="expires_on")
    file = CareFile(
        id=uuid7(at), number=_number(community, today.year), community=community, grid=grid,
        area=grid.path, kind=kind, person=person, impact=impact, opened_at=at, opened_by=by,
        building=clean_text(building, limit=40, field_label=_("楼栋")), user=_user_of(words["phone"]),
        name_sealed=sealer().seal(name), name_index=sealer().index(name),
        body_sealed=sealed(words), expires_on=expires_on or last, key=own_key, **told,
    )  # fmt: skip
    file.next_due_on = next_due_on(file, today, first=True)
    try:
        with transaction.atomic():
            file.save(force_insert=True)
    except IntegrityError as error:
        if own_key and (made := CareFile.objects.filter(key=own_key).first()):
            return made
        same = CareFile.objects.standing().filter(
            community=community, kind=kind, name_index=file.name_index, building=file.building
        )
        if not same.exists():
            raise KeyReused(_("这个编号已用于另一份档案。")) from error
        raise FileThere(_("这栋楼里已有同名同类的档案。"), field="name") from error
    audit(actor=by, action="care.file.open", object=file.object_word, at=at, detail={"kind": kind})
    return file


def must_be_assessed(impact: Impact, path: str, on: date) -> None:
    """:raises NotAssessed: if the assessment does not hold on this land that day"""
    holds = impact.is_accepted and impact.valid_until >= on and path.startswith(impact.region.path)
    if not holds:
        raise NotAssessed(
            _("这个目的还没有有效的个人信息保护影响评估，不能登记个人信息。"),
            field="impact",
            remedy=_("请先填写影响评估，由街道（区）管理员审定。"),
        )


def _basis(
    kind: str, basis: str, statute: str, consented_on: date | None, consented_by: str,
    consented_how: str, *, paper: Photo | None, on: date,
) -> dict[str, Any]:  # fmt: skip
    """Return the fields that say why the data may be held.

    :raises NoBasis, NeedsGuardian:
    """
    if basis == CareFile.Basis.STATUTE:
        statute = clean_text(statute, limit=200, field_label=_("法律条款"))
        if not statute:
            raise NoBasis(_("请写明依据哪部法律、哪一条。"), field="statute")
        return {"basis": basis, "statute": statute}
    if basis != CareFile.Basis.CONSENT:
        raise NoBasis(_("请选择保存个人信息的依据。"), field="basis")
    if consented_by not in CareFile.Consenter.values or consented_how not in CareFile.How.values:
        raise NoBasis(_("请写明谁同意、怎样同意的。"), field="consented_by")
    if consented_on is None or consented_on > on:
        raise NoBasis(_("请填写同意日期，不能晚于今天。"), field="consented_on")
    if kind == "child" and consented_by != CareFile.Consenter.GUARDIAN:
        raise NeedsGuardian(_("未满十四周岁的，须由监护人同意。"), field="consented_by")
    if consented_how == CareFile.How.PAPER and paper is None:
        raise NoBasis(_("纸质同意书请拍照上传。"), field="paper")
    return {
        "basis": basis, "consented_on": consented_on, "consented_by": consented_by,
        "consented_how": consented_how, "paper": paper,
    }  # fmt: skip


def _user_of(phone: str) -> User | None:
    """Return the account of the person: of their own telephone, proved by signing in with it."""
    index = sealer().index(phone)
    return User.objects.filter(phone_index=index, is_active=True).first() if index else None


def _number(community: Region, year: int) -> str:
    row, _made = NumberRow.objects.get_or_create(region=community, year=year)
    NumberRow.objects.filter(pk=row.pk).update(last=F("last") + 1)
    row.refresh_from_db()
    return f"{year}-{row.last:04d}"


@transaction.atomic
def look(*, file: CareFile, reason: str, by: User, at: datetime, address: str = "") -> Look:
    """Open the sealed part of a file for the rest of the day, with a reason, written down once.

    :raises NoSuchFile: for who does not read it by need
    :raises NoReason: for fewer than four characters
    """
    file = locked(file, by, standing=False)
    day = localdate(at)
    known = Look.objects.filter(user=by, what=file.object_word, day=day).first()
    if known is not None:
        return known
    entry = audit_look(
        actor=by, action="care.file.look", object=file.object_word, reason=reason, at=at,
        address=address,
    )  # fmt: skip
    return Look.objects.create(
        user=by, what=file.object_word, file=file, day=day, at=at, reason=entry.reason,
        role=role_in(file, by),
    )  # fmt: skip


def role_in(file: CareFile, user: User) -> str:
    """Return as what somebody reads a file, in words."""
    if file.carers.filter(user=user.pk, to_date=None).exists():
        return _("关爱人")
    return _("网格员") if walks(user, file.area) else _("关爱专员")


@transaction.atomic
def change_file(
    *, file: CareFile, expect: int, by: User, at: datetime, name: str | None = None,
    building: str | None = None, body: Mapping[str, Any] | None = None, kind: str | None = None,
) -> CareFile:  # fmt: skip
    """Put a file right; the audit keeps which fields, never what they said.

    :raises NoSuchFile, FileClosed, Stale, Invalid:
    """
    file = locked(file, by)
    must_keep(by, file.area)
    if expect != file.version:
        raise Stale(_("这份档案刚被别人改过，请刷新后再改。"))
    changed = _put_right(file, localdate(at), name=name, building=building, body=body, kind=kind)
    file.version += 1
    try:
        with transaction.atomic():
            file.save()
    except IntegrityError as error:
        raise FileThere(_("这栋楼里已有同名同类的档案。"), field="name") from error
    audit(
        actor=by, action="care.file.change", object=file.object_word, at=at,
        detail={"fields": changed},
    )  # fmt: skip
    return file


def _put_right(
    file: CareFile, on: date, *, name: str | None, building: str | None,
    body: Mapping[str, Any] | None, kind: str | None,
) -> list[str]:  # fmt: skip
    """Set what is given on a file in hand; return the names of what has changed."""
    changed = []
    if name is not None:
        name = clean_text(name, limit=40, field_label=_("姓名"), required=True)
        file.name_sealed, file.name_index = sealer().seal(name), sealer().index(name)
        changed.append("name")
    if building is not None:
        file.building = clean_text(building, limit=40, field_label=_("楼栋"))
        changed.append("building")
    if kind is not None and kind != file.kind:
        if kind not in kinds(on):
            raise Invalid(_("请选择类别。"), field="kind")
        file.kind = kind
        changed.append("kind")
    if body is not None:
        old = contents_of(file)
        words = read_body(body, old)
        file.body_sealed = sealed(words)
        if words["phone"] != old["phone"]:
            file.user = _user_of(words["phone"])
        changed += [one for one in words if words[one] != old[one]]
    return changed


@transaction.atomic
def renew_file(
    *, file: CareFile, by: User, at: datetime, consented_on: date | None = None,
    paper: Photo | None = None,
) -> CareFile:  # fmt: skip
    """Keep a file for another term: still needed, and agreed to anew where it rests on consent.

    :raises NoBasis: without a consent of the last thirty days
    :raises NotAssessed: if the assessment has run out
    """
    file = locked(file, by)
    must_keep(by, file.area)
    today = localdate(at)
    must_be_assessed(file.impact, file.area, today)
    if file.basis == CareFile.Basis.CONSENT:
        if consented_on is None or not today - timedelta(30) <= consented_on <= today:
            raise NoBasis(_("续期要本人（监护人）最近 30 天内再次同意。"), field="consented_on")
        if file.consented_how == CareFile.How.PAPER and paper is None:
            raise NoBasis(_("纸质同意书请拍照上传。"), field="paper")
        file.consented_on, file.paper = consented_on, paper or file.paper
    file.expires_on = today + timedelta(kinds(today)[file.kind].term_days)
    file.version += 1
    file.save(update_fields=["expires_on", "consented_on", "paper", "version"])
    audit(actor=by, action="care.file.renew", object=file.object_word, at=at)
    return file


@transaction.atomic
def close_file(*, file: CareFile, end: str, by: User, at: datetime) -> CareFile:
    """Close a file: visits end, and what it holds is erased after the term of its kind.

    :raises NoSuchFile, FileClosed, Invalid:
    """
    file = locked(file, by)
    must_keep(by, file.area)
    if end not in CareFile.End.values:
        raise Invalid(_("请选择结束原因。"), field="end")
    return end_file(file, end, by=by, at=at)


def end_file(
    file: CareFile, end: str, *, by: User | None, at: datetime, forget_days: int | None = None
) -> CareFile:
    """Close a locked file; `forget_days` until it is erased, those of its kind if not named."""
    today = localdate(at)
    if forget_days is None:
        known = kinds(today).get(file.kind)
        forget_days = known.forget_days if known else 90
    file.closed_at, file.end, file.next_due_on = at, end, None
    file.forget_on = today + timedelta(forget_days)
    file.version += 1
    file.save(update_fields=["closed_at", "end", "next_due_on", "forget_on", "version"])
    file.carers.filter(to_date=None).update(to_date=today)
    audit(actor=by, action="care.file.close", object=file.object_word, at=at, detail={"end": end})
    return file


# Who cares for whom by name.


@transaction.atomic
def add_carer(*, file: CareFile, user: User, by: User, at: datetime) -> Carer:
    """Name somebody who looks after a person; from then on they read the file.

    :raises NotYourCare: for who is not the care officer
    :raises NotNow: if they do already
    """
    file = locked(file, by)
    if not has_duty(by, file.area):
        raise NotYourCare(_("关爱人由社区关爱专员指定。"))
    if user.pk == file.user_id:
        raise Invalid(_("不能指定本人。"), field="user")
    if file.carers.filter(user=user, to_date=None).exists():
        raise NotNow(_("%s已经是关爱人。") % user.name, field="user")
    made = Carer.objects.create(file=file, user=user, from_date=localdate(at), by=by)
    audit(
        actor=by, action="care.carer.add", object=file.object_word, at=at, detail={"user": user.pk}
    )
    return made


@transaction.atomic
def hand_over(*, carer: Carer, to: User | None, note: str, by: User, at: datetime) -> Carer | None:
    """End what a carer reads, and begin with another if `to` is named; the note says what is open.

    :raises NotYourCare: for anybody but the carer and the care officer
    """
    file = locked(carer.file, by)
    carer = Carer.objects.select_for_update().get(pk=carer.pk)
    if not (by.pk == carer.user_id or has_duty(by, file.area)):
        raise NotYourCare(_("交接由关爱人本人或社区关爱专员办理。"))
    if carer.to_date is not None:
        raise NotNow(_("这位关爱人已经交接。"))
    if to is not None and to.pk == carer.user_id:
        raise Invalid(_("请选择另一个人。"), field="to")
    if to is not None and file.carers.filter(user=to, to_date=None).exists():
        raise NotNow(_("%s已经是关爱人。") % to.name, field="to")
    carer.handed_on = clean_text(note, limit=200, field_label=_("交接说明"), required=True)
    carer.to_date = localdate(at)
    carer.save(update_fields=["handed_on", "to_date"])
    audit(
        actor=by, action="care.carer.hand_over", object=file.object_word, at=at,
        detail={"from": carer.user_id, "to": to.pk if to else None},
    )  # fmt: skip
    return Carer.objects.create(file=file, user=to, from_date=carer.to_date, by=by) if to else None


@transaction.atomic
def take_back_files(*, ids: Sequence[str], by: User, at: datetime) -> int:
    """Close files that an import opened by mistake, and let them be erased the same day.

    :raises NotNow: if one has been visited or helped since
    """
    files = CareFile.objects.select_for_update(of=("self",)).filter(pk__in=ids, closed_at=None)
    found = list(files.order_by("pk"))
    used = CareFile.objects.filter(pk__in=[one.pk for one in found])
    if used.filter(Q(visits__isnull=False) | Q(aids__isnull=False)).exists():
        raise NotNow(_("有的档案已经走访或帮扶过，不能撤回。"))
    for file in found:
        must_keep(by, file.area)
        end_file(file, CareFile.End.DELETED, by=by, at=at, forget_days=0)
    return len(found)
