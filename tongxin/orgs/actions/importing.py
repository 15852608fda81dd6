"""Units and members written many at a time, out of rows that were checked; and taken back.

What is written here is what the register had already somewhere else (a sheet, another system):
no unit is founded and nobody admitted by it, so the rules of those acts do not apply. The rows are
prepared by `orgs.sheets`, which has asked whether the actor may.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.spreadsheets.declaring import Entry, Row, model_facts

from ..models import LogEntry, Membership, Org, OrgChange, Person, UnitKind
from .logbook import write_log
from .tree import place_orgs

# Units that hold the membership of people.
HOMES = (UnitKind.BRANCH, UnitKind.GENERAL_BRANCH, UnitKind.COMMITTEE, UnitKind.WORK_COMMITTEE, UnitKind.GROUP)  # fmt: skip
UNIT_FIELDS = (
    *(
        "name",
        "unit_kind",
        "sector",
        "founded_on",
        "is_temporary",
        "expires_on",
        "purpose",
        "phone",
    ),
    *("parent_id", "region_id", "dissolved_on"),
)
UNIT_KEPT = UNIT_FIELDS[:8]
PERSON_FIELDS = (
    *("name", "initials", "gender", "born_on", "ethnicity", "education", "occupation"),
    *("identity_sealed", "identity_index", "phone_sealed", "phone_index", "phone_tail"),
)
MEMBER_FIELDS = (
    *("unit_id", "stage", "from_date", "to_date", "applied_on", "admitted_on", "full_on"),
    *("in_service", "is_mobile", "lost_since", "is_hardship", "is_veteran"),
)


@transaction.atomic
def write_units(rows: Sequence[Row], *, actor, at: datetime, source: str) -> None:
    """Write units, new ones under their parents and known ones with what changed.

    A row's `plan` is the `Org` it changes, or (parent, place) of a new one.
    """
    parents = {row.get("parent") for row in rows if row.get("parent")}
    above = {org.code: org for org in Org.objects.filter(code__in=parents)}
    made: list[tuple[Row, Org]] = []
    changed: list[Org] = []
    for row in rows:
        if row.ref is None and row.get("parent") not in above:
            row.refuse("parent", _("上级“%s”没有导入成功") % row.get("parent"))
        elif row.ref is None:
            org = _new_unit(row, above)
            above[org.code] = org
            made.append((row, org))
        else:
            row.before = model_facts(row.plan, UNIT_FIELDS)
            for name, _old, _new in row.changes:
                setattr(row.plan, name, _or_blank(row.plan, name, row.get(name)))
            row.after = model_facts(row.plan, UNIT_FIELDS)
            changed.append(row.plan)
    for _row, org in made:  # parents first, as the sheet has them
        org.parent_id = org.parent.pk if org.parent else None
        org.save(force_insert=True)
    place_orgs()
    Org.objects.bulk_update(changed, UNIT_KEPT, batch_size=200)
    OrgChange.objects.bulk_create(
        [_change(org, actor=actor, at=at, source=source) for _row, org in made], batch_size=200
    )
    for row, org in made:
        row.ref, row.after = org.pk, model_facts(org, UNIT_FIELDS)


def _new_unit(row: Row, above: dict[str, Org]) -> Org:
    parent = above[row.get("parent")]
    _unit, land = row.plan
    org = Org(
        code=row.get("code"),
        kind=Org.Kind.PARTY,
        parent=parent,
        region_id=land.id if land else parent.region_id,
    )
    for name in UNIT_KEPT:
        if (value := row.get(name)) is not None:
            setattr(org, name, value)
    return org


def _change(org: Org, *, actor, at: datetime, source: str) -> OrgChange:
    return OrgChange(
        unit=org,
        kind=OrgChange.Kind.FOUND,
        on=org.founded_on or localdate(at),
        parent_after_id=org.parent_id,
        name_after=org.name,
        reason=_("由名册导入"),
        at=at,
        by=actor,
        key=f"sheets:{source}:{org.pk}",
    )


def units_changed(entries: Sequence[Entry]) -> list[int]:
    """Return the lines of units that were changed, moved, or filled since the import."""
    refs = [entry.ref for entry in entries]
    orgs = Org.objects.in_bulk(refs)
    changes = Counter(OrgChange.objects.filter(unit__in=refs).values_list("unit_id", flat=True))
    filled = set(Membership.objects.filter(unit__in=refs).values_list("unit_id", flat=True))
    found = []
    for entry in entries:
        org = orgs.get(entry.ref)
        is_new = entry.before is None
        is_used = is_new and (entry.ref in filled or changes[entry.ref] > 1)
        if org is None or model_facts(org, UNIT_FIELDS) != entry.after or is_used:
            found.append(entry.line)
    return found


@transaction.atomic
def take_back_units(entries: Sequence[Entry], *, actor, at: datetime, source: str) -> None:
    """Delete units that an import made, and give back to the others what they had.

    :raises ProtectedError: if something holds on to a unit that would go
    """
    gone = [entry.ref for entry in entries if entry.before is None]
    LogEntry.objects.filter(unit__in=gone, source__startswith="sheets").delete()
    OrgChange.objects.filter(unit__in=gone).delete()
    for pk in gone:  # last first: what stands below goes before what stands above
        Org.objects.filter(pk=pk).delete()
    back = [entry for entry in entries if entry.before is not None]
    orgs = Org.objects.in_bulk([entry.ref for entry in back])
    for entry in back:
        _put_back(orgs[entry.ref], entry.before)
    Org.objects.bulk_update(orgs.values(), UNIT_KEPT, batch_size=200)


@transaction.atomic
def write_members(rows: Sequence[Row], *, actor, at: datetime, source: str) -> None:
    """Write people and their memberships; a line in the book of each unit says how many.

    A row's `plan` is (person known or None, person as it will be, membership known or None,
    the new membership or the fields that change).
    """
    new_people, people, new_members, members = [], [], [], []
    rows = [row for row in rows if not row.problems]
    for row in rows:
        known, made, membership, change = row.plan
        if known is not None or membership is not None:
            row.before = {
                "person": known and model_facts(known, PERSON_FIELDS),
                "member": membership and model_facts(membership, MEMBER_FIELDS),
            }
        if known is None:
            new_people.append(made)
        else:
            _take_over(known, made)
            people.append(known)
        if membership is None:
            new_members.append((row, known or made, change))
        else:
            for name, value in change.items():
                setattr(membership, name, value)
            members.append(membership)
    Person.objects.bulk_create(new_people, batch_size=500)
    for _row, person, member in new_members:
        member.person = person
    Membership.objects.bulk_create([member for _r, _p, member in new_members], batch_size=500)
    Person.objects.bulk_update(people, PERSON_FIELDS, batch_size=200)
    Membership.objects.bulk_update(members, MEMBER_FIELDS, batch_size=200)
    for row in rows:
        known, made, membership, change = row.plan
        person, member = known or made, membership or change
        row.ref = member.pk
        row.after = {
            "person_id": person.pk,
            "person": model_facts(person, PERSON_FIELDS),
            "member": model_facts(member, MEMBER_FIELDS),
        }
    _log(rows, at=at, source=source, actor=actor)


def _take_over(known: Person, made: Person) -> None:
    """Let a known person become what was prepared; numbers that were not said stay."""
    for name in PERSON_FIELDS[:7]:
        setattr(known, name, getattr(made, name))
    for number, fields in (("identity", PERSON_FIELDS[7:9]), ("phone", PERSON_FIELDS[9:])):
        said = getattr(made, f"{number}_index")
        if said and said != getattr(known, f"{number}_index"):
            for name in fields:
                setattr(known, name, getattr(made, name))


def _log(rows: Sequence[Row], *, at: datetime, source: str, actor) -> None:
    new: Counter[int] = Counter()
    old: Counter[int] = Counter()
    for row in rows:
        counted = old if row.before and row.before["member"] else new
        counted[row.after["member"]["unit_id"]] += 1
    units = Org.objects.only("pk", "name").in_bulk([*new, *old])
    for pk, unit in units.items():
        words = [_("新增 %d 名") % new[pk]] * bool(new[pk])
        words += [_("更正 %d 名") % old[pk]] * bool(old[pk])
        write_log(
            unit=unit,
            kind=LogEntry.Kind.PEOPLE,
            text=_("由表格导入党员名册：%s") % "，".join(words),
            at=at,
            recorded_at=at,
            source=f"sheets:{source}",
            key=f"sheets:{source}:members",
            actor=actor,
        )


def members_changed(entries: Sequence[Entry]) -> list[int]:
    """Return the lines of people or memberships that were changed since the import."""
    members = (
        Membership.objects.filter(pk__in=[entry.ref for entry in entries])
        .select_related("person")
        .in_bulk()
    )
    found = []
    for entry in entries:
        member = members.get(entry.ref)
        if (
            member is None
            or model_facts(member, MEMBER_FIELDS) != entry.after["member"]
            or model_facts(member.person, PERSON_FIELDS) != entry.after["person"]
        ):
            found.append(entry.line)
    return found


@transaction.atomic
def take_back_members(entries: Sequence[Entry], *, actor, at: datetime, source: str) -> None:
    """Delete memberships and people that an import made, and give the others back what they had.

    :raises ProtectedError: if something holds on to one that would go
    """
    before = {entry.ref: entry.before or {} for entry in entries}
    gone = [ref for ref, facts in before.items() if not facts.get("member")]
    people = [entry.after["person_id"] for entry in entries if not before[entry.ref].get("person")]
    units = Counter(Membership.objects.filter(pk__in=gone).values_list("unit_id", flat=True))
    Membership.objects.filter(pk__in=gone).delete()
    Person.objects.filter(pk__in=people).delete()
    members = Membership.objects.in_bulk(
        [ref for ref, facts in before.items() if facts.get("member")]
    )
    for member in members.values():
        _put_back(member, before[member.pk]["member"])
    Membership.objects.bulk_update(members.values(), MEMBER_FIELDS, batch_size=200)
    facts_of = {e.after["person_id"]: e.before["person"] for e in entries if e.before and e.before["person"]}  # fmt: skip
    known = Person.objects.in_bulk(list(facts_of))
    for person in known.values():
        _put_back(person, facts_of[person.pk])
    Person.objects.bulk_update(known.values(), PERSON_FIELDS, batch_size=200)
    for unit in Org.objects.only("pk", "name").in_bulk(list(units)).values():
        write_log(
            unit=unit,
            kind=LogEntry.Kind.PEOPLE,
            text=_("撤销由表格导入的党员 %d 名") % units[unit.pk],
            at=at,
            recorded_at=at,
            source=f"sheets:{source}",
            key=f"sheets:{source}:{entries[0].line}",
            actor=actor,
        )


def _put_back(instance: Any, facts: dict[str, Any]) -> None:
    for name, value in facts.items():
        field = instance._meta.get_field(name.removesuffix("_id") if name.endswith("_id") else name)
        is_day = field.get_internal_type() == "DateField"
        setattr(instance, name, date.fromisoformat(value) if is_day and value else value)


def _or_blank(instance: Any, name: str, value: Any) -> Any:
    if value is not None:
        return value
    field = instance._meta.get_field(name)
    return None if field.null else field.get_default()
