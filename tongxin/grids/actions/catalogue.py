"""The catalogue comes in from a file; districts add their own items (080–999, （自定义）)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.cases.models import Topic, TopicCategory
from tongxin.kit.codes import BadCode, item_code
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.tables import read_table
from tongxin.kit.text import clean_text
from tongxin.regions.models import Region

from ..models import CatalogueItem, FilingCondition, FunctionRule, GridDuty, GridNorm, Kind
from ..models.catalogue import EXTENSION_FROM, EXTENSION_MARK
from .common import must_hold

DATA = Path(__file__).parent.parent / "data"
SAMPLE, SAMPLE_CONDITIONS = DATA / "catalogue.csv", DATA / "conditions.csv"
KINDS = {"部件": Kind.COMPONENT, "事项": Kind.MATTER} | {kind.value: kind for kind in Kind}
UNITS = {
    "工作时": "wh", "working_hour": "wh", "小时": "wh", "calendar_hour": "wh",
    "紧急工作时": "h", "urgent_working_hour": "h", "urgent_hour": "h",
    "工作日": "wd", "working_day": "wd", "天": "wd", "day": "wd",
}  # fmt: skip


class BadCatalogue(Invalid):
    """A row of the file cannot be read; the sentence names line and column."""


class CodeTaken(Refused):
    """The district uses this code already."""


@dataclass
class Loaded:
    """What an import did: how many rows are new, changed, the same; sentences on what was passed over."""

    created: int = 0
    changed: int = 0
    same: int = 0
    notes: list[str] = field(default_factory=list)


@transaction.atomic
def load_catalogue(
    data: bytes, *, name: str, at: datetime, by: User | None, is_sample: bool = False
) -> Loaded:
    """Read a catalogue: CSV or XLSX with kind, class_code, class_name, code5 and name.

    Columns may be added: department, topic (a code of the service catalogue), effective_from, source.
    A file with `filing_condition` holds conditions: code5 (or class_code and subclass_code),
    condition_no, closing_condition, limit_value, limit_unit, department, law. Again is no harm.

    :raises BadCatalogue: for a row that cannot be read, with its line; nothing is loaded then
    """
    table = read_table(data, name=name)
    columns = {str(one) for one in table.header}
    done = Loaded()
    if "filing_condition" in columns:
        _load_conditions(table.rows, done, on=localdate(at), is_sample=is_sample)
    else:
        if missing := {"kind", "class_name", "code5", "name"} - columns:
            raise BadCatalogue(
                _("缺少这些列：%s。") % "、".join(sorted(missing)),
                remedy=_("第一行写列名：kind,class_code,class_name,code5,name。"),
            )
        _load_items(table.rows, done, on=localdate(at), source=name, is_sample=is_sample)
    audit(
        actor=by, action="grids.catalogue", object=name, at=at,
        detail={"created": done.created, "changed": done.changed},
    )  # fmt: skip
    return done


def _load_items(rows: Any, done: Loaded, *, on: date, source: str, is_sample: bool) -> None:
    topics = dict(Topic.objects.values_list("code", "pk"))
    known = {
        (one.kind, one.code): one
        for one in CatalogueItem.objects.filter(region=None).order_by("effective_from")
    }
    fresh = []
    for line, row in rows:
        kind, code = _kind(row, line), _code(row, line)
        values = _item_values(row, line, topics, done)
        old = known.get((kind, code))
        if old is None:
            begun = _day(row, line) or on
            words = _text(row, "source", 200, line) or source[:200]
            known[kind, code] = CatalogueItem(
                kind=kind,
                code=code,
                effective_from=begun,
                source=words,
                is_sample=is_sample,
                **values,
            )
            fresh.append(known[kind, code])
            done.created += 1
        else:
            _update(old, values, done)
    CatalogueItem.objects.bulk_create(fresh, 500)


def _item_values(
    row: Mapping[str, Any], line: int, topics: dict[str, int], done: Loaded
) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": _text(row, "name", 60, line, required=True),
        "class_name": _text(row, "class_name", 40, line, required=True),
    }
    if "department" in row:
        values["department"] = _text(row, "department", 100, line)
    topic = str(row.get("topic", "")).strip()
    if topic in topics:
        values["topic_id"] = topics[topic]
    elif topic:
        done.notes.append(
            _("第 %(line)d 行：没有服务事项 %(code)s") % {"line": line, "code": topic}
        )
    return values


def _update(old: CatalogueItem, values: dict[str, Any], done: Loaded) -> None:
    if all(getattr(old, name) == value for name, value in values.items()):
        done.same += 1
        return
    for name, value in values.items():
        setattr(old, name, value)
    if old.pk:
        old.save(update_fields=list(values))
    done.changed += 1


def _load_conditions(rows: Any, done: Loaded, *, on: date, is_sample: bool) -> None:
    items = {
        (one.kind, one.code): one
        for one in CatalogueItem.objects.filter(region=None).order_by("effective_from")
    }
    known = {
        (one.item_id, one.number): one for one in FilingCondition.objects.filter(effective_to=None)
    }
    for line, row in rows:
        kind = _kind(row, line, default=Kind.COMPONENT)
        code = _code(row, line)
        item = items.get((kind, code))
        if item is None:
            done.notes.append(
                _("第 %(line)d 行：目录里没有 %(code)s") % {"line": line, "code": code}
            )
            continue
        values = {
            "condition": _text(row, "filing_condition", 300, line, required=True),
            "closing": _text(row, "closing_condition", 200, line, required=True),
            "limit": _number(row, "limit_value", line),
            "unit": _unit(row, line),
            "department": _text(row, "department", 200, line)
            or _text(row, "handling_unit", 200, line),
            "law": (_text(row, "law", 500, line) or _text(row, "legal_clause", 500, line)),
        }
        number = _number(row, "condition_no", line)
        old = known.get((item.pk, number))
        if old is None:
            known[item.pk, number] = FilingCondition.objects.create(
                item=item, number=number, effective_from=_day(row, line) or min(on, item.effective_from),
                is_sample=is_sample, **values,
            )  # fmt: skip
            done.created += 1
        elif any(getattr(old, name) != value for name, value in values.items()):
            _replace(old, values, on, is_sample)
            done.changed += 1
        else:
            done.same += 1


def _replace(old: FilingCondition, values: dict[str, Any], on: date, is_sample: bool) -> None:
    """A condition that holds since before today is ended and followed by another; today's is put right."""
    if old.effective_from >= on:
        for name, value in values.items():
            setattr(old, name, value)
        old.save(update_fields=list(values))
        return
    old.effective_to = on
    old.save(update_fields=["effective_to"])
    FilingCondition.objects.create(
        item=old.item, number=old.number, effective_from=on, is_sample=is_sample, **values
    )


def _bad(line: int, words: Any) -> BadCatalogue:
    return BadCatalogue(_("第 %(line)d 行：%(words)s") % {"line": line, "words": words})


def _kind(row: Mapping[str, Any], line: int, default: Kind | None = None) -> Kind:
    text = str(row.get("kind", "")).strip()
    if text not in KINDS:
        if not text and default:
            return default
        raise _bad(line, _("“%s”应是 部件 或 事项") % text[:20])
    return KINDS[text]


def _code(row: Mapping[str, Any], line: int) -> str:
    text = str(row.get("code5", "")).strip()
    try:
        return item_code(text.zfill(5) if len(text) == 4 and "class_code" in row else text)
    except BadCode as refusal:
        raise _bad(line, refusal.message) from refusal


def _text(
    row: Mapping[str, Any], name: str, limit: int, line: int, *, required: bool = False
) -> str:
    try:
        return clean_text(str(row.get(name, "")), limit=limit, field_label=name, required=required)
    except Refused as refusal:
        raise _bad(line, refusal.message) from refusal


def _number(row: Mapping[str, Any], name: str, line: int) -> int:
    try:
        number = int(float(str(row.get(name, "")).strip()))
    except ValueError:
        raise _bad(line, _("“%s”应是数字") % name) from None
    if not 1 <= number <= 999:
        raise _bad(line, _("“%s”应在 1 到 999 之间") % name)
    return number


def _unit(row: Mapping[str, Any], line: int) -> str:
    text = str(row.get("limit_unit", "")).strip()
    urgent = str(row.get("urgent", "")).strip() in ("1", "true", "是")
    if text not in UNITS:
        raise _bad(line, _("“%s”应是 工作时、紧急工作时 或 工作日") % text[:20])
    return "h" if urgent and UNITS[text] == "wh" else UNITS[text]


def _day(row: Mapping[str, Any], line: int) -> date | None:
    text = str(row.get("effective_from", "")).strip()[:10]
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise _bad(line, _("“%s”应写成 2026-07-01 这样") % text) from None


@transaction.atomic
def add_extension(
    *, region: Region, kind: str, class_code: str, name: str, on: date, at: datetime, by: User,
    department: str = "", topic: Topic | None = None,
) -> CatalogueItem:  # fmt: skip
    """Add a kind of a district's own: the next code downward from 999, its name marked （自定义）.

    Source: GB/T 47678 part 5 as quoted by others: 001–079 are the standard's, 080–999 local.

    :raises NotPermitted: unless `by` is an officer over the whole district
    :raises BadCatalogue: for a class the catalogue does not have, or no name
    :raises CodeTaken: if the district has one of that name, or no code is left in the class
    """
    if region.level != Region.Level.DISTRICT:
        raise BadCatalogue(_("扩展类别由区里添加，请选择区。"), field="region")
    must_hold(by, ("officer",), region.path, what=_("添加本区的扩展类别"))
    if kind not in Kind.values:
        raise BadCatalogue(_("类型应是部件或事项。"), field="kind")
    Region.objects.select_for_update().get(pk=region.pk)  # two officers would take one code
    like = CatalogueItem.objects.filter(kind=kind, region=None, code__startswith=class_code[:2])
    sample = like.first()
    if len(class_code) != 2 or sample is None:
        raise BadCatalogue(_("目录里没有“%s”这个大类。") % class_code[:10], field="class_code")
    name = clean_text(name, limit=50, field_label=_("名称"), required=True)
    name = name.removesuffix(EXTENSION_MARK) + EXTENSION_MARK
    own = CatalogueItem.objects.filter(kind=kind, region=region)
    if own.filter(name=name).in_force(on).exists():
        raise CodeTaken(_("本区已经有“%s”。") % name, field="name")
    used = set(own.filter(code__startswith=class_code).values_list("code", flat=True))
    free = (f"{class_code}{n:03d}" for n in range(999, EXTENSION_FROM - 1, -1))
    code = next((one for one in free if one not in used), None)
    if code is None:
        raise CodeTaken(_("这个大类的扩展代码已用完。"), field="class_code")
    made = CatalogueItem.objects.create(
        kind=kind, code=code, name=name, class_name=sample.class_name, region=region,
        department=clean_text(department, limit=100, field_label=_("主管部门")), topic=topic,
        effective_from=on, source=_("%s自定义") % region.name,
    )  # fmt: skip
    audit(
        actor=by, action="grids.extension", object=f"{code} {name}", at=at, detail={"on": str(on)}
    )
    return made


@transaction.atomic
def end_extension(*, item: CatalogueItem, on: date, at: datetime, by: User) -> None:
    """End an item of a district: nothing new is registered under it, what there is stays.

    :raises BadCatalogue: for an item of the standard, or one that has ended
    :raises NotPermitted: unless `by` is an officer over the whole district
    """
    if item.region is None:
        raise BadCatalogue(_("标准目录里的类别随标准更新，不能单独停用。"))
    must_hold(by, ("officer",), item.region.path, what=_("停用本区的扩展类别"))
    if item.effective_to:
        raise BadCatalogue(_("这个类别已于 %s 停用。") % item.effective_to)
    item.effective_to = max(on, item.effective_from)
    item.save(update_fields=["effective_to"])
    audit(actor=by, action="grids.extension.end", object=f"{item.code} {item.name}", at=at)


@transaction.atomic
def load_samples(*, at: datetime) -> int:
    """Load what every installation begins with: the sample catalogue, duties, functions, size.

    What is there already stays as it is. Returns how many rows are new.
    """
    n = load_catalogue(
        SAMPLE.read_bytes(), name=SAMPLE.name, at=at, by=None, is_sample=True
    ).created
    n += load_catalogue(
        SAMPLE_CONDITIONS.read_bytes(), name=SAMPLE_CONDITIONS.name, at=at, by=None, is_sample=True
    ).created
    return n + _load_duties() + _load_functions() + _load_norms()


def _rows(name: str) -> list[dict[str, str]]:
    table = read_table(DATA / name, name=name)
    return [{key: str(value) for key, value in row.items()} for _line, row in table.rows]


def _load_duties() -> int:
    n = 0
    for order, row in enumerate(_rows("duties.csv"), start=1):
        _one, is_new = GridDuty.objects.get_or_create(
            code=row["code"], effective_from=date.fromisoformat(row["effective_from"]),
            defaults={"name": row["name"], "text": row["text"], "order": order, "source": row["source"]},
        )  # fmt: skip
        n += is_new
    return n


def _load_functions() -> int:
    if FunctionRule.objects.exists():
        return 0
    categories = dict(TopicCategory.objects.values_list("code", "pk"))
    rows = [
        FunctionRule(
            function=row["function"], category_id=categories.get(row["category"]), kind=row["kind"],
            effective_from=date.fromisoformat(row["effective_from"]), source=row["source"],
            is_sample=True,
        )
        for row in _rows("functions.csv")
        if row["kind"] or row["category"] in categories
    ]  # fmt: skip
    return len(FunctionRule.objects.bulk_create(rows))


def _load_norms() -> int:
    n = 0
    for row in _rows("norms.csv"):
        _one, is_new = GridNorm.objects.get_or_create(
            code=row["code"], effective_from=date.fromisoformat(row["effective_from"]),
            defaults={"value": int(row["value"]), "source": row["source"], "is_sample": True},
        )  # fmt: skip
        n += is_new
    return n
