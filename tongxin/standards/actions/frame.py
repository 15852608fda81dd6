"""Standards come from sheets: the house's sample, or a district's own version beside it (S4.6)."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.tables import read_table
from tongxin.kit.text import clean_text
from tongxin.orgs.models import LogEntry, Sector
from tongxin.orgs.scope import posts_of

from ..models import StandardItem, StandardSet
from ..queries import CHECKS
from ..queries.facts import APPLIES

DATA = Path(__file__).resolve().parent.parent / "data"
SAMPLE: dict[str, Any] = {
    "code": "branch", "version": 1, "name": "党支部标准化建设标准（样例）", "least_share": 85,
    "effective_from": date(2018, 1, 1), "is_sample": True,
    "source": "样例：条目依支部工作条例等公开文件拟写，请按本地文件核定",
}  # fmt: skip
TEXTS = ("code", "part", "title", "sectors", "how", "check_name", "log_kind", "log_what", "per", "applies", "source")  # fmt: skip
MOST_ITEMS, MOST_LEAST = 100, 366


class NotOrganiser(NotPermitted):
    """Standards of a district are set by an organiser, or by the administrator."""


class BadFrame(Invalid):
    """A line of the sheet names something that does not exist."""


class VersionTaken(Refused):
    """That version is there; what was judged by it must stay readable."""


@transaction.atomic
def load_frame() -> int:
    """Bring in the house's sample, where it is not in yet; return how many items are new."""
    if StandardSet.objects.filter(code=SAMPLE["code"], version=SAMPLE["version"]).exists():
        return 0
    standard = StandardSet.objects.create(**SAMPLE)
    return _put(standard, (DATA / "frame.csv").read_bytes(), "frame.csv")


@transaction.atomic
def set_frame(
    *, code: str, version: int, name: str, least_share: int, effective_from: date, source: str,
    data: bytes, file_name: str, by: User, at: datetime,
) -> StandardSet:  # fmt: skip
    """Keep a version of the frame handed in as a table; assessments made by another stay as they are.

    The version before ends on the day this one begins.

    :raises NotOrganiser, BadFrame, VersionTaken: as their names say; and what `read_table` raises
    """
    if not by.is_superuser and "organiser" not in {post.role for post in posts_of(by)}:
        raise NotOrganiser(_("标准由组织员或系统管理员维护。"))
    if not 1 <= least_share <= 100:
        raise BadFrame(_("达标线应在 1 到 100 之间。"), field="least_share")
    code = clean_text(code, limit=30, field_label=_("代码"), required=True)
    try:
        with transaction.atomic():
            made = StandardSet.objects.create(
                code=code, version=version, least_share=least_share,
                name=clean_text(name, limit=60, field_label=_("名称"), required=True),
                effective_from=effective_from,
                source=clean_text(source, limit=200, field_label=_("依据"), required=True),
            )  # fmt: skip
    except IntegrityError as error:
        raise VersionTaken(
            _("第 %d 版已经有了，请换一个版本号。") % version, field="version"
        ) from error
    n = _put(made, data, file_name)
    older = StandardSet.objects.filter(code=code, version__lt=version, effective_to=None)
    older.filter(effective_from__lt=effective_from).update(effective_to=effective_from)
    audit(actor=by, action="standards.frame", object=str(made), at=at, detail={"items": n})
    return made


def _put(standard: StandardSet, data: bytes, file_name: str) -> int:
    table = read_table(data, name=file_name)
    missing = [name for name in (*TEXTS, "least", "is_must") if name not in table.header]
    if missing:
        raise BadFrame(_("表里缺少这些列：%s") % "、".join(missing), field="data")
    items: list[StandardItem] = []
    seen: set[str] = set()
    for line, cells in table.rows:
        row = {name: str(cells.get(name) or "").strip() for name in (*TEXTS, "least", "is_must")}
        wrong = _wrong(row, seen)
        if wrong:
            raise BadFrame(
                _("第 %(line)d 行：%(why)s") % {"line": line, "why": wrong}, field="data"
            )
        seen.add(row["code"])
        items.append(
            StandardItem(
                standard=standard, order=len(items) + 1, is_must=row["is_must"] == "1",
                least=int(row["least"] or 0), **{name: row[name] for name in TEXTS},
            )
        )  # fmt: skip
    if not 1 <= len(items) <= MOST_ITEMS:
        raise BadFrame(_("一套标准应有 1 到 %d 条。") % MOST_ITEMS, field="data")
    StandardItem.objects.bulk_create(items)
    return len(items)


def _wrong(row: dict[str, Any], seen: set[str]) -> str:
    """Return what is wrong with a line; "" if nothing."""
    if not row["code"] or row["code"] in seen or len(row["code"]) > 20:
        return _("code 没有填写，或与上面重复")
    if not row["title"] or len(row["title"]) > 120 or len(row["source"]) > 200:
        return _("title 要填写，120 字以内；source 200 字以内")
    if set(row["sectors"].split()) - set(Sector.values):
        return _("sectors 里有不认识的领域")
    return _wrong_word(row) or _wrong_count(row)


def _wrong_word(row: dict[str, Any]) -> str:
    """Return which column says a word that means nothing."""
    known: dict[str, Any] = {
        "part": StandardItem.Part.values,
        "how": StandardItem.How.values,
        "applies": ["", *APPLIES],
    }
    if row["how"] == StandardItem.How.REGISTER:
        known["check_name"] = list(CHECKS)
    if row["how"] == StandardItem.How.LOG:
        known |= {"log_kind": LogEntry.Kind.values, "per": StandardItem.Per.values}
    for column, words in known.items():
        if row[column] not in words:
            said = {"column": column, "words": "、".join(word for word in words if word)}
            return _("%(column)s 应是：%(words)s") % said
    return ""


def _wrong_count(row: dict[str, Any]) -> str:
    least = row["least"] or "0"
    if not (least.isascii() and least.isdigit() and int(least) <= MOST_LEAST):
        return _("least 应是 0 到 %d 的整数") % MOST_LEAST
    if (row["how"] == StandardItem.How.LOG) != (int(least) > 0):
        return _("how 是 log 的要填 least，别的不填")
    return ""
