"""What every action of this app asks first, and the sample data a new installation begins with."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import F, Model
from django.utils.translation import gettext as _

from tongxin.documents.actions.files import Upload, check_file
from tongxin.documents.queries import writes_for
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org

from ..models import BrandFamily, ExemplarKind, ReadCount

DATA = Path(__file__).parent.parent / "data"
SAMPLE = "样例，供各区按实际修改"


class NotYourUnit(NotPermitted):
    """Who has no post at a unit's desk does not write in its name."""


class WrongStep(Refused):
    """The thing is past that, or not there yet."""


class BadSource(Invalid):
    """What something tells of is named by kind, id, label and a path of this site."""


def must_write_for(by: Any, org: Org, *, what: str) -> None:
    """:raises NotYourUnit: unless `by` sits at the desk of the unit or of one above it"""
    if not writes_for(by, org):
        raise NotYourUnit(
            _("您不能以“%(org)s”的名义%(what)s。") % {"org": org.name, "what": what}, field="org"
        )


def scoped(by: Any, key: str | None) -> str | None:
    """Return a key as it is kept: each caller's own; None if none was given."""
    text = clean_text(key, limit=80, field_label="Idempotency-Key")
    return f"{by.pk if by is not None else 0}:{text}" if text else None


def tells_of(source: Sequence[str]) -> dict[str, str]:
    """Return (kind, id, label, url) as columns. :raises BadSource: for an address outside"""
    kind, pk, label, url = [*(str(word) for word in source), "", "", "", ""][:4]
    return {
        "source_kind": kind[:30], "source_id": pk[:64], "source_label": label[:120],
        "source_url": inside(url),
    }  # fmt: skip


def inside(url: str) -> str:
    """Return a path of this site. :raises BadSource: for any other address"""
    if url and (not url.startswith("/") or url.startswith(("//", "/\\")) or len(url) > 200):
        raise BadSource(_("地址应是本系统内的路径，以 / 开头。"), field="url")
    return url


def keep_file(row: Any, upload: Upload, *, field: str = "file") -> None:
    """Check an upload and put it into a row not saved yet.

    :raises FileTooLarge, FileNotTaken, MacroFile: with a sentence that names the file
    """
    check_file(upload)
    getattr(row, field).save(upload.name, ContentFile(upload.data), save=False)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def count_read(*, subject: str, object: int, on: date) -> None:
    """Count that something published was opened: the day and the number, never who (S4.83)."""
    rows = ReadCount.objects.filter(subject=subject, object=object, on=on)
    if rows.update(times=F("times") + 1):
        return
    try:
        with transaction.atomic():
            ReadCount.objects.create(subject=subject, object=object, on=on, times=1)
    except IntegrityError:  # somebody else opened it first in this very moment
        rows.update(times=F("times") + 1)


def _grouped(name: str, key: str) -> dict[str, list[dict[str, str]]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        found: dict[str, list[dict[str, str]]] = {}
        for row in csv.DictReader(file):
            found.setdefault(row[key], []).append(row)
    return found


@transaction.atomic
def load_kinds() -> int:
    """Bring in the sample kinds of exemplars that are not there yet; return how many are new."""
    return _load(
        ExemplarKind,
        "kinds.csv",
        lambda rows: {
            "name": rows[0]["name"],
            "source": SAMPLE,
            "sections": [
                {"code": row["section"], "title": row["title"], "hint": row["hint"]} for row in rows
            ],
        },
    )


@transaction.atomic
def load_families() -> int:
    """Bring in the sample families of brands that are not there yet; return how many are new."""
    return _load(
        BrandFamily,
        "families.csv",
        lambda rows: {
            "name": rows[0]["name"],
            "sector": rows[0]["sector"],
            "slogan": rows[0]["slogan"],
            "indicators": [{"name": row["indicator"], "unit": row["unit"]} for row in rows],
        },
    )


def _load(model: type[Model], name: str, shape: Any) -> int:
    known = set(model._default_manager.values_list("code", flat=True))
    new = [
        model(code=code, order=n, is_sample=True, **shape(rows))
        for n, (code, rows) in enumerate(_grouped(name, "code").items(), start=1)
        if code not in known
    ]
    return len(model._default_manager.bulk_create(new, ignore_conflicts=True))


def clean_texts(given: Mapping[str, str], sections: Sequence[Mapping[str, str]], *, limit: int) -> dict[str, str]:  # fmt: skip
    """Return {section code: words} of known sections only. :raises Invalid: naming the section"""
    if unknown := given.keys() - {section["code"] for section in sections}:
        raise Invalid(_("没有“%s”这个章节。") % "、".join(sorted(unknown))[:40], field="texts")
    return {
        section["code"]: clean_text(
            given.get(section["code"], ""), limit=limit, field_label=section["title"], multiline=True
        )
        for section in sections
    }  # fmt: skip
