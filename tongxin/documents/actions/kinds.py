"""Kinds come with the software and are kept as rows with the day from which they hold."""

from __future__ import annotations

import csv
from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid

from ..filling import DATA
from ..models import DocumentKind

# The regulation on official documents is in force since then; so is the list of kinds.
IN_FORCE = date(2012, 7, 1)


class UnknownKind(Invalid):
    """There is no such kind of document in use."""


@transaction.atomic
def load_kinds(*, at: datetime) -> int:
    """Write the kinds that come with the software where they are not there; return how many.

    Source: 党政机关公文处理工作条例 (2012), article 8, for the fifteen; the others are samples.
    """
    have = set(DocumentKind.objects.values_list("code", flat=True))
    with (DATA / "kinds.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["code"] not in have]
    made = [
        DocumentKind(
            code=row["code"],
            name=row["name"],
            layout=row["layout"],
            is_statutory=row["statutory"] == "1",
            is_upward=row["upward"] == "1",
            asks_reply=row["asks_reply"] == "1",
            retention_years=int(row["retention_years"]),
            effective_from=IN_FORCE,
            source=row["source"],
            is_sample=row["statutory"] != "1",
        )
        for row in rows
    ]
    DocumentKind.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def kind_of(code: str, *, at: datetime) -> DocumentKind:
    """Return the version of a kind that holds at a moment.

    :raises UnknownKind: naming those there are
    """
    rows = DocumentKind.objects.filter(is_active=True, effective_from__lte=localtime(at).date())
    found = rows.filter(code=code).order_by("-effective_from", "-version").first()
    if found is None and not DocumentKind.objects.exists():
        load_kinds(at=at)
        found = rows.filter(code=code).order_by("-effective_from", "-version").first()
    if found is None:
        names = "、".join(dict.fromkeys(rows.order_by("id").values_list("name", flat=True)))
        raise UnknownKind(
            _("没有“%(code)s”这个文种。可用的文种：%(names)s。")
            % {"code": code[:30], "names": names},
            field="kind",
        )
    return found
