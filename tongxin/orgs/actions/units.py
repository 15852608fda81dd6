"""What every change of the tree of units shares: the rules of places, the history, who is told.

A preview is the act itself, rolled back (`preview`): what it promises is what will happen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, Value
from django.db.models.functions import Concat, Substr
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text

from ..models import Membership, Org, OrgChange, Post, UnitCover, UnitKind, UnitMember
from ..scope import REGISTRARS, keeps_register
from .logbook import write_log

K = UnitKind
# Which kind may stand under which (党章 and 支部工作条例（试行）第四至六条, in outline).
UNDER: dict[str, tuple[str, ...]] = {
    K.COMMITTEE: (K.COMMITTEE, K.WORK_COMMITTEE, K.LEADING_GROUP),
    K.WORK_COMMITTEE: (K.COMMITTEE,),
    K.LEADING_GROUP: (K.COMMITTEE, K.WORK_COMMITTEE),
    K.GENERAL_BRANCH: (K.COMMITTEE, K.WORK_COMMITTEE),
    K.BRANCH: (K.COMMITTEE, K.WORK_COMMITTEE, K.GENERAL_BRANCH),
    K.GROUP: (K.BRANCH,),
    K.JOINT_COMMITTEE: (K.COMMITTEE, K.WORK_COMMITTEE),
    K.TASK_FORCE: (K.COMMITTEE, K.WORK_COMMITTEE, K.GENERAL_BRANCH, K.BRANCH),
}
# A temporary group stands under a temporary branch, which may stand under any committee (S0.20).
LEAST_FULL = 3  # full members of a branch: 支部工作条例（试行）第四条
MOST_MEMBERS = 50  # as a rule: 第四条
MOST_COVERED = 5  # units of a joint branch, as a rule: 第五条
NAMED = 3


class NotYourUnit(NotPermitted):
    """Units are changed by who keeps the register of the unit above them."""


class BadPlace(Invalid):
    """A unit of this kind does not stand under one of that kind, or would stand under itself."""


class BadDay(Invalid):
    """The effective day lies ahead, or before what has already happened to the unit."""


class TooFewMembers(Refused):
    """A branch has at least three full members, or is a joint branch of several units."""


class NameTaken(Invalid):
    """Another organisation of the same area has this name."""


class UnitGone(Refused):
    """The unit was dissolved or merged; nothing more can happen to it."""


class WhereTo(Invalid):
    """Members or units below must be given a place before a unit goes."""


@dataclass(frozen=True)
class Paper:
    """The paper a change is made by: the day it takes effect, its number, why; `key` of the wish."""

    on: date
    document: str = ""
    reason: str = ""
    key: str = ""


@dataclass
class Done:
    """What a change did: the unit it is about, in sentences, and what to look after."""

    unit: Org
    words: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    change: OrgChange | None = None
    is_replay: bool = False


def preview(act: Callable[..., Done], **given: Any) -> Done:
    """Return what an action would do, and do nothing. Raises what the action raises."""
    with transaction.atomic():
        done = act(**given)
        transaction.set_rollback(True)
    return done


def replayed(by: User, paper: Paper) -> Done | None:
    """Return what a wish with this key did before, if it did."""
    if not paper.key:
        return None
    change = OrgChange.objects.filter(key=key_of(by, paper)).select_related("unit").first()
    if change is None:
        return None
    return Done(change.unit, list(change.data.get("words", [])), [], change, is_replay=True)


def key_of(by: User, paper: Paper) -> str:
    return f"{by.pk}:{paper.key}" if paper.key else ""


def check_paper(paper: Paper, *, at: datetime, units: Iterable[Org] = ()) -> Paper:
    """Return the paper with its words cleaned.

    :raises BadDay: for a day ahead, or before the last change of one of the units
    """
    if paper.on > localdate(at):
        raise BadDay(_("生效日期不能晚于今天"), field="on")
    units = list(units)
    for unit in units:
        if unit.founded_on and paper.on < unit.founded_on:
            raise BadDay(
                _("“%(unit)s”成立于 %(day)s，生效日期不能更早")
                % {"unit": unit, "day": unit.founded_on},
                field="on",
            )
    later = OrgChange.objects.filter(unit__in=units, on__gt=paper.on).select_related("unit")
    if late := later.order_by("-on").first():
        raise BadDay(
            _("“%(unit)s”在 %(day)s 已有一次变动（%(kind)s），生效日期不能早于它")
            % {"unit": late.unit, "day": late.on, "kind": late.get_kind_display()},
            field="on",
        )
    return Paper(
        on=paper.on,
        document=clean_text(
            paper.document, limit=60, field_label=_("文号"), required=False, multiline=False
        ),
        reason=clean_text(
            paper.reason, limit=300, field_label=_("事由"), required=False, multiline=True
        ),
        key=paper.key,
    )


def hold(*units: Org | None) -> dict[int, Org]:
    """Lock the trees the units stand in, and return the units as they are now, by id.

    One change of a tree at a time: two moves at once could make a circle neither of them sees.
    """
    ids = {unit.pk for unit in units if unit is not None}
    rows = Org.objects.filter(pk__in=ids).select_related("region", "parent")
    roots = sorted({int(path.split("/")[0]) for path in rows.values_list("path", flat=True)})
    list(Org.objects.select_for_update().filter(pk__in=roots).order_by("pk").only("pk"))
    return {unit.pk: unit for unit in rows}


def must_keep(by: User, above: Org | None) -> None:
    """:raises NotYourUnit: unless `by` keeps the register of the unit above"""
    if above is None or not keeps_register(by, above.path):
        name = above.name if above else _("上级党组织")
        raise NotYourUnit(
            _("组织变动由上级办理：只有“%s”的书记、组织员可以办") % name,
            remedy=_("请上级党组织的书记或组织员办理。"),
        )


def must_stand(unit: Org, *, name: str = "unit") -> None:
    """:raises UnitGone: if the unit was dissolved"""
    if unit.dissolved_on:
        raise UnitGone(
            _("“%(unit)s”已于 %(day)s 撤销") % {"unit": unit, "day": unit.dissolved_on}, field=name
        )


def check_place(unit_kind: str, parent: Org, *, is_temporary: bool = False) -> None:
    """:raises BadPlace: if a unit of the kind does not stand under the parent"""
    must_stand(parent, name="parent")
    allowed = UNDER[unit_kind]
    if is_temporary and unit_kind == K.BRANCH:
        allowed = (*allowed, K.LEADING_GROUP)
    if parent.kind != Org.Kind.PARTY or parent.unit_kind not in allowed:
        raise BadPlace(
            _("%(kind)s不能设在“%(parent)s”（%(what)s）之下，只能设在：%(allowed)s")
            % {
                "kind": K(unit_kind).label,
                "parent": parent,
                "what": parent.get_unit_kind_display() or parent.get_kind_display(),
                "allowed": "、".join(str(K(one).label) for one in allowed),
            },
            field="parent",
        )
    if parent.is_temporary and not is_temporary:
        raise BadPlace(
            _("“%s”是临时党组织，下面只能设临时党组织") % parent,
            field="parent",
        )


def check_name(name: str, *, region_id: int, but: int | None = None) -> str:
    """Return the name cleaned. :raises NameTaken: if an organisation of the area has it"""
    name = clean_text(name, limit=100, field_label=_("名称"), required=True, multiline=False)
    same = Org.objects.filter(region=region_id, name=name).exclude(pk=but or 0).first()
    if same is not None:
        when = _("（%s 已撤销）") % same.dissolved_on if same.dissolved_on else ""
        raise NameTaken(
            _("这个辖区已有“%(name)s”%(when)s，请换一个名称") % {"name": name, "when": when},
            field="name",
        )
    return name


def full_members(unit_ids: Collection[int]) -> dict[int, int]:
    """Return how many full members stand in each of the units."""
    rows = Membership.objects.standing().filter(unit__in=unit_ids, stage=Membership.Stage.FULL)
    found = dict(rows.order_by().values_list("unit").annotate(n=Count("pk")))
    return {pk: found.get(pk, 0) for pk in unit_ids}


def move_subtree(unit: Org, parent: Org) -> None:
    """Hang a unit and all below it under another parent. Raises BadPlace for a circle."""
    if parent.path.startswith(unit.path):
        raise BadPlace(_("“%s”不能挂到它自己或它的下级之下") % unit, field="parent")
    old, new = unit.path, f"{parent.path}{unit.pk}/"
    tail = Substr("path", len(old) + 1)
    Org.objects.filter(path__under=old).update(path=Concat(Value(new), tail))
    Org.objects.filter(pk=unit.pk).update(parent=parent)
    unit.parent, unit.path = parent, new


MOVED = [
    one.attname
    for one in Membership._meta.concrete_fields
    if one.name not in {"id", "unit", "from_date", "to_date", "end"}
]


def move_members(members: Sequence[Membership], to: Org, *, on: date) -> int:
    """End memberships and begin the same ones in another branch: nobody is lost on the way.

    Somebody who came after `on` moves on the day they came.
    """
    days = [max(on, row.from_date) for row in members]
    for row, day in zip(members, days, strict=True):
        row.to_date, row.end = day, Membership.End.TRANSFER
    Membership.objects.bulk_update(members, ["to_date", "end"], batch_size=200)
    Membership.objects.bulk_create(
        [
            Membership(unit=to, from_date=day, **{name: getattr(row, name) for name in MOVED})
            for row, day in zip(members, days, strict=True)
        ],
        batch_size=200,
    )
    return len(members)


def check_home(to: Org, *, name: str = "members_to") -> None:
    """:raises WhereTo: unless members may have their home there: a standing branch"""
    must_stand(to, name=name)
    if to.kind != Org.Kind.PARTY or to.unit_kind != K.BRANCH or to.is_temporary:
        raise WhereTo(
            _("党员的组织关系只能在正式的党支部，“%s”不是") % to,
            field=name,
            remedy=_("请选一个党支部。"),
        )


def standing_members(unit: Org) -> list[Membership]:
    rows = Membership.objects.standing().filter(unit=unit).select_for_update(of=("self",))
    return list(rows.select_related("person").order_by("pk"))


def close_unit(unit: Org, *, on: date, at: datetime, by: User) -> list[str]:
    """Dissolve a unit that holds nothing any more: end its posts, duties and cover; say whose."""
    posts = list(
        Post.objects.filter(org=unit)
        .filter(Q(to_date=None) | Q(to_date__gt=on))
        .select_related("user")
    )
    for post in posts:
        post.to_date = max(on, post.from_date) if post.from_date else on
    Post.objects.bulk_update(posts, ["to_date"])
    for rows in (UnitMember.objects.filter(unit=unit), UnitCover.objects.filter(unit=unit)):
        rows.filter(to_date=None, from_date__gt=on).delete()  # they never came to be
        rows.filter(to_date=None).update(to_date=on)
    unit.dissolved_on = on
    unit.save(update_fields=["dissolved_on"])
    names = sorted({str(post.user) for post in posts})
    detail = {"on": str(on), "posts": names}
    audit(actor=by, action="unit.close", object=unit.name, detail=detail, at=at)
    return names


def write_change(
    unit: Org, kind: str, paper: Paper, *, at: datetime, by: User | None, **more: Any
) -> OrgChange:
    """Write one change into the history; it is the one that carries the key if it is given `key`."""
    return OrgChange.objects.create(
        unit=unit,
        kind=kind,
        on=paper.on,
        document=paper.document,
        reason=paper.reason,
        at=at,
        by=by,
        **more,
    )


def say_change(done: Done, *, paper: Paper, at: datetime, by: User, also: Iterable[Org] = ()):
    """Write what was done into the life logs, and tell the secretaries above and of `also`."""
    if done.change is None:
        raise ValueError("a change is said after it was written")
    text = "".join(done.words) + (_("（%s）") % paper.document if paper.document else "")
    for unit in {one.pk: one for one in (done.unit, *also)}.values():
        write_log(
            unit=unit,
            kind="unit",
            text=text,
            at=_noon(paper.on, at),
            recorded_at=at,
            source=f"orgs.orgchange:{done.change.pk}",
            key=f"change:{done.change.pk}",
            actor=by,
        )
    tell(
        users=keepers([done.unit, *also], but=by, on=localdate(at)),
        title=_("组织变动：%s") % done.unit.name,
        text=text,
        url=reverse("orgs:unit", args=[done.unit.pk]),
        key=f"org-change:{done.change.pk}",
        at=at,
    )


def _noon(day: date, at: datetime) -> datetime:
    """Return a moment of the effective day: now if it is today, else its noon in China."""
    if day == localdate(at):
        return at
    local = at.astimezone(_shanghai())
    return local.replace(year=day.year, month=day.month, day=day.day, hour=12, minute=0, second=0)


def _shanghai():
    from django.utils.timezone import get_current_timezone

    return get_current_timezone()


def keepers(units: Iterable[Org], *, but: User | None, on: date) -> list[User]:
    """Return who keeps the registers of the units, or else of the nearest unit above each."""
    chains = [[int(part) for part in unit.path.split("/") if part] for unit in units]
    every = {pk for chain in chains for pk in chain}
    rows = Post.objects.held_on(on).filter(org__in=every, role__in=REGISTRARS, user__is_active=True)
    if but is not None:
        rows = rows.exclude(user=but)
    found: dict[int, list[User]] = {}
    for post in rows.select_related("user"):
        found.setdefault(post.org_id, []).append(post.user)
    users: dict[int, User] = {}
    for chain in chains:
        own = [user for user in found.get(chain[-1], [])] if chain else []
        above = next((found[pk] for pk in reversed(chain[:-1]) if pk in found), [])
        users |= {user.pk: user for user in (*own, *above)}
    return list(users.values())


def named(units: Sequence[Any]) -> str:
    """Return a few names, and how many there are: "甲、乙、丙等 5 个"."""
    words = "、".join(f"“{one}”" for one in units[:NAMED])
    return (
        words
        if len(units) <= NAMED
        else _("%(names)s等 %(n)d 个")
        % {
            "names": words,
            "n": len(units),
        }
    )
