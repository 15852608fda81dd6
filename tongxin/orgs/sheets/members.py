"""The register of members as a spreadsheet: the identity number tells people apart, or name, birth and unit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Refused
from tongxin.spreadsheets.declaring import CLEAR, NEW, Column, Entry, Job, Narrowed, Row, Sheet

from ..actions import importing
from ..actions.people import prepare_person
from ..models import Membership, Person
from ..queries import MemberFilter, memberships_chosen
from ..scope import READERS, REGISTRARS, posts_of, unit_reach
from .finding import Unit, Units, office_of

PERSON = ("name", "gender", "born_on", "ethnicity", "education", "occupation")
MEMBER = (
    *("from_date", "applied_on", "admitted_on", "full_on"),
    *("in_service", "is_mobile", "lost_since", "is_hardship", "is_veteran"),
)
STAGES = Membership.Stage
ADULT = 18  # 党章第一条: 年满十八岁


class MemberSheet(Sheet):
    """One row for each standing membership at or under the units whose registers the actor keeps."""

    code = "members"
    title = gettext_lazy("党员")
    about = gettext_lazy("党员和发展对象：姓名、身份证号、所在党组织、发展阶段和日期。")
    icon = "users"
    keys = (("identity",), ("name", "born_on", "unit"), ("name", "born_on", "unit_name"))
    filters = ("q", "stage", "flag", "unit")
    shown = ("name", "unit_name", "unit")
    is_sensitive = True
    columns = (
        Column("name", gettext_lazy("姓名"), required=True, limit=40, width=10, example="张三", aliases=("党员姓名", "党员")),
        Column("identity", gettext_lazy("身份证号"), "identity", width=22,
               help=gettext_lazy("18 位，设为“文本”格式。没有时凭姓名、出生日期和党组织认人。"),
               aliases=("公民身份号码", "公民身份证号码", "身份证号码", "身份证", "证件号码")),
        Column("gender", gettext_lazy("性别"), "choice", choices=Person.Gender.choices,
               help=gettext_lazy("有身份证号可不填。"), example="女"),
        Column("born_on", gettext_lazy("出生日期"), "date", help=gettext_lazy("有身份证号可不填。"),
               example="1975-03-05", aliases=("出生年月", "出生年月日", "生日")),
        Column("ethnicity", gettext_lazy("民族"), limit=20, example="汉族"),
        Column("education", gettext_lazy("学历"), "choice", choices=Person.Education.choices, aliases=("文化程度",),
               synonyms=(("本科", "bachelor"), ("大学", "bachelor"), ("硕士", "master"), ("博士", "master"), ("中专", "high"), ("高中", "high"), ("小学", "primary"), ("大学专科", "college"), ("专科", "college"), ("硕士研究生", "master"), ("博士研究生", "master"))),
        Column("occupation", gettext_lazy("职业（职务）"), limit=40, aliases=("工作岗位", "职务", "职业", "单位及职务")),
        Column("phone", gettext_lazy("手机号"), "phone", width=15, aliases=("手机", "手机号码", "联系电话", "联系方式", "电话")),
        Column("unit", gettext_lazy("党组织代码"), "code", width=16,
               help=gettext_lazy("代码和名称填一项即可。"), aliases=("组织代码", "所在党组织代码", "支部代码")),
        Column("unit_name", gettext_lazy("所在党组织"), width=30, example="松社区第一党支部",
               aliases=("所在党支部", "党支部", "所属党支部", "组织关系所在党支部", "党组织名称")),
        Column("stage", gettext_lazy("发展阶段"), "choice", required=True, choices=STAGES.choices, width=12, example="正式党员",
               aliases=("人员类别", "党员类别", "类别"),
               synonyms=(("正式", "full"), ("预备", "probationary"), ("积极分子", "activist"), ("入党申请人", "applicant"), ("申请入党人", "applicant"))),
        Column("from_date", gettext_lazy("进入日期"), "date", help=gettext_lazy("组织关系进入本党组织的日期；不填则按入党日期。"),
               aliases=("进入当前支部日期", "进入支部日期", "转入日期")),
        Column("applied_on", gettext_lazy("申请入党日期"), "date", aliases=("递交入党申请书日期", "申请日期")),
        Column("admitted_on", gettext_lazy("入党日期"), "date", aliases=("加入党组织日期", "入党时间", "加入中共组织日期"), example="2005-07-01"),
        Column("full_on", gettext_lazy("转正日期"), "date", aliases=("转为正式党员日期", "转正时间"), example="2006-07-01"),
        Column("in_service", gettext_lazy("在职党员"), "flag", aliases=("是否在职",)),
        Column("is_mobile", gettext_lazy("流动党员"), "flag", aliases=("是否流动党员", "是否为流动党员")),
        Column("lost_since", gettext_lazy("失联日期"), "date", aliases=("失去联系日期",)),
        Column("is_hardship", gettext_lazy("困难党员"), "flag", aliases=("是否困难党员",)),
        Column("is_veteran", gettext_lazy("老党员"), "flag", aliases=("是否老党员",)),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return any(post.role in REGISTRARS and post.org_path for post in posts_of(actor))

    def may_export(self, actor) -> bool:
        return any(post.role in READERS and post.org_path for post in posts_of(actor))

    def office(self, actor) -> str:
        return office_of(actor)

    def check(self, row: Row) -> None:
        get = row.get
        admitted, full, applied = get("admitted_on"), get("full_on"), get("applied_on")
        if not get("unit") and not get("unit_name"):
            row.refuse("unit_name", _("请填写所在党组织的名称或代码"))
        is_said = any(name == "admitted_on" for name, _sentence in row.problems)
        if get("stage") in Membership.MEMBERS and not admitted and not is_said:
            row.refuse("admitted_on", _("党员要填入党日期"))
        if admitted and full and full < admitted:
            row.refuse("full_on", _("转正日期早于入党日期，请核对"))
        if applied and admitted and admitted < applied:
            row.refuse("admitted_on", _("入党日期早于申请入党日期，请核对"))
        if full and get("stage") and get("stage") != STAGES.FULL:
            row.refuse("full_on", _("填了转正日期，发展阶段应是“正式党员”"))

    def prepare(self, rows: list[Row], job: Job) -> None:
        units = Units(job.actor, [r.get("unit") for r in rows], [r.get("unit_name") for r in rows])
        known = _Known(rows)
        today = localdate(job.at)
        for row in rows:
            unit = units.of(row, "unit", "unit_name")
            if row.problems or unit is None:
                continue
            person, membership = known.of(row, unit)
            if row.problems:
                continue
            if person is None or membership is None:
                self._plan_new(row, unit, person, today)
            else:
                self._plan_change(row, unit, person, membership, today)
            if row.problems:
                row.plan = None

    def _plan_new(self, row: Row, unit: Unit, person: Person | None, today: date) -> None:
        row.verdict = NEW
        if unit.is_temporary or unit.unit_kind not in importing.HOMES:
            row.refuse("unit_name", _("“%s”不接收党员的组织关系，请填党支部或党小组") % unit.name)
            return
        get = row.get
        born_on = _check_person(row, person, today)
        begin = get("from_date") or get("admitted_on") or get("applied_on") or today
        if begin > today:
            row.refuse("from_date", _("日期还没有到，请核对"))
        if born_on and get("admitted_on") and _age(born_on, get("admitted_on")) < ADULT:
            row.refuse("admitted_on", _("入党时未满 18 周岁，请核对出生日期和入党日期"))
        membership = Membership(unit_id=unit.id, stage=get("stage"), from_date=begin)
        for name in MEMBER[1:]:
            if (value := get(name)) is not None:
                setattr(membership, name, value)
        row.plan = (person, today, None, membership)

    def _plan_change(
        self, row: Row, unit: Unit, person: Person, membership: Membership, today: date
    ) -> None:
        row.ref = membership.pk
        if membership.unit_id != unit.id:
            row.refuse(
                "unit_name",
                _("登记在“%s”；转到别的党组织请办理组织关系转接") % membership.unit.name,
            )
        if row.get("stage") != membership.stage:
            said = membership.get_stage_display()
            row.refuse("stage", _("登记为“%s”；阶段的变化请在“发展党员”里办理") % said)
        current = {name: getattr(person, name) for name in PERSON}
        current |= {name: getattr(membership, name) for name in MEMBER}
        for name in ("identity", "phone"):
            if name in row.values:
                current[name] = _as_known(row, name, person)
        self.compare(row, current)
        for name in ("name", "from_date"):
            if row.values.get(name) is CLEAR:
                row.refuse(name, _("这一项不能清空"))
        if not row.problems:
            _check_person(row, person, today)
            row.plan = (person, today, membership, _changed(membership, row))

    def apply(self, rows: list[Row], job: Job) -> None:
        for row in rows:
            person, today, membership, change = row.plan
            row.plan = (person, _person(row, person, today), membership, change)
        importing.write_members(rows, actor=job.actor, at=job.at, source=job.source)

    def changed_since(self, entries: list[Entry]) -> list[int]:
        return importing.members_changed(entries)

    def undo(self, entries: list[Entry], job: Job) -> None:
        importing.take_back_members(entries, actor=job.actor, at=job.at, source=job.source)

    def export(
        self, actor, *, whole: bool, narrowed: Narrowed | None = None
    ) -> Iterator[dict[str, Any]]:
        rows = Membership.objects.standing().filter(unit_reach(actor, READERS, column="unit__path"))
        if narrowed is not None:
            chosen = MemberFilter.read(narrowed.words)
            rows = rows.filter(
                pk__in=memberships_chosen(actor, chosen, on=narrowed.on).values("pk")
            )
        box = sealer()
        for member in rows.select_related("person", "unit").order_by("unit__path", "pk").iterator():
            person = member.person
            facts = {name: getattr(person, name) for name in PERSON}
            facts |= {name: getattr(member, name) for name in MEMBER}
            yield facts | {
                "identity": box.open(person.identity_sealed),
                "phone": box.open(person.phone_sealed),
                "unit": member.unit.code,
                "unit_name": member.unit.name,
                "stage": member.stage,
            }


class _Known:
    """The people and standing memberships that the rows may mean."""

    def __init__(self, rows: list[Row]) -> None:
        box = sealer()
        self.index = {id(row): box.index(row.get("identity") or "") for row in rows}
        indexes = {index for index in self.index.values() if index}
        self.by_identity = {
            person.identity_index: person
            for person in Person.objects.filter(identity_index__in=indexes)
        }
        loose = [row for row in rows if row.get("born_on") and row.get("name")]
        alike = Membership.objects.standing().filter(
            person__name__in={row.get("name") for row in loose},
            person__born_on__in={row.get("born_on") for row in loose},
        )
        self.alike: dict[tuple, list[Membership]] = {}
        for member in alike.select_related("person", "unit"):
            key = (member.person.name, member.person.born_on, member.unit_id)
            self.alike.setdefault(key, []).append(member)
        people = [person.pk for person in self.by_identity.values()]
        standing = Membership.objects.standing().filter(person__in=people).select_related("unit")
        self.standing = {member.person_id: member for member in standing}

    def of(self, row: Row, unit: Unit) -> tuple[Person | None, Membership | None]:
        """Return whom a row means, and their standing membership; refuse the row if that is unclear."""
        index = self.index[id(row)]
        person = self.by_identity.get(index) if index else None
        if person is not None:
            member = self.standing.get(person.pk)
            if person.name != row.get("name"):
                row.refuse("name", _("这个身份证号登记的是另一个姓名，请核对姓名和号码"))
            elif member is not None and member.unit_id != unit.id:
                # Where else somebody is a member is not for everybody to know.
                row.refuse("identity", _("此人的组织关系登记在另一个党组织，请办理组织关系转接"))
            return person, member
        found = self.alike.get((row.get("name"), row.get("born_on"), unit.id), [])
        if index:
            found = [one for one in found if not one.person.identity_index]
        if len(found) > 1:
            row.refuse("identity", _("本党组织有 %d 人同名同日出生，请填身份证号") % len(found))
            return None, None
        return (found[0].person, found[0]) if found else (None, None)


def _check_person(row: Row, person: Person | None, today: date) -> date | None:
    """Refuse what contradicts the identity number; return the day of birth.

    Sealing a person costs more than all other checks: whoever cannot be wrong is not yet made.
    """
    get = row.get
    number, born_on, gender = get("identity"), get("born_on"), get("gender")
    if number:
        said = number[6:14], "m" if int(number[16]) % 2 else "f"
        agrees = gender in (None, said[1]) and (born_on is None or f"{born_on:%Y%m%d}" == said[0])
        is_alive = today.year - 120 < int(said[0][:4]) < today.year
        if person is None and agrees and is_alive:
            return date(int(said[0][:4]), int(said[0][4:6]), int(said[0][6:]))
    made = _person(row, person, today)
    return made.born_on if made else None


def _person(row: Row, person: Person | None, today: date) -> Person | None:
    """Return what the person will be, checked; None if the row contradicts itself."""
    given = {name: getattr(person, name) for name in PERSON} if person else {}
    for name in PERSON:
        if name in row.values:
            given[name] = row.get(name) or (None if name == "born_on" else "")
    for name in ("identity", "phone"):
        given[name] = row.get(name) or ""
    says_otherwise = person and any(
        row.get(n) not in (None, getattr(person, n)) for n in ("gender", "born_on")
    )
    if person and says_otherwise and not given["identity"]:
        given["identity"] = sealer().open(person.identity_sealed)
    try:
        return prepare_person(on=today, **given)
    except Refused as refusal:
        row.refuse(refusal.field or "", refusal.message)
        return None


def _changed(membership: Membership, row: Row) -> dict[str, Any]:
    """Return the fields of the membership that the row changes."""
    changed = {}
    for name in MEMBER:
        if name in row.values:
            blank = False if isinstance(getattr(membership, name), bool) else None
            value = row.get(name)
            changed[name] = blank if value is None else value
    return changed


def _as_known(row: Row, name: str, person: Person) -> str:
    """Return the sealed number of the register, opened only where the row says another."""
    box = sealer()
    if box.index(row.get(name) or "") == getattr(person, f"{name}_index"):
        return row.get(name) or ""
    return box.open(getattr(person, f"{name}_sealed"))


def _age(born_on: date, on: date) -> int:
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))
