"""Files: masked in lists, opened for the day, and what a person may read of their own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.kit.text import mask_name
from tongxin.regions.queries import prefixes

from ..models import CareFile, CareFileQuerySet, CareVisit, Impact, Look
from ..scope import duty_paths
from .rules import kinds, number

# What a file's sealed body may say, and how it is called.
BODY = {
    "phone": gettext_lazy("本人电话"),
    "door": gettext_lazy("门牌"),
    "needs": gettext_lazy("需要什么"),
    "situation": gettext_lazy("基本情况"),
    "contact": gettext_lazy("紧急联系人"),
    "contact_phone": gettext_lazy("紧急联系人电话"),
}
VISIT_BODY = {
    "condition": gettext_lazy("情况"),
    "wishes": gettext_lazy("心愿"),
    "promised": gettext_lazy("答应办的事"),
}


@dataclass(frozen=True)
class Line:
    """A file as a list shows it: masked name, building, kind, when it is due. Nothing else."""

    file: CareFile
    name: str
    kind: str
    is_overdue: bool

    @property
    def place(self) -> str:
        return self.file.building or _("楼栋未填")


def masked_line(file: CareFile, on: date, names: dict[str, Any] | None = None) -> Line:
    """Return a file as lists show it."""
    words = names or kinds(on)
    name = mask_name(sealer().open(file.name_sealed)) if file.name_sealed else _("（已清除）")
    late = file.closed_at is None and file.next_due_on is not None and file.next_due_on < on
    kind = words[file.kind].name if file.kind in words else file.kind
    return Line(file, name, kind, late)


def listed(files: Iterable[CareFile], on: date) -> list[Line]:
    words = kinds(on)
    return [masked_line(one, on, words) for one in files]


def contents_of(file: CareFile) -> dict[str, str]:
    """Return everything sealed of a file: name and the fields of `BODY`. Only after a look."""
    box = sealer()
    body = json.loads(box.open(file.body_sealed) or "{}")
    return {"name": box.open(file.name_sealed)} | {name: body.get(name, "") for name in BODY}


def looked(actor: User, file: CareFile, on: date) -> Look | None:
    """Return the actor's look of the day, if they have opened the file and said why."""
    return Look.objects.filter(user=actor.pk, what=file.object_word, day=on).first()


def looks_at(file: CareFile) -> list[Look]:
    return list(file.looks.select_related("user").order_by("-at")[:200])


def found_by_name(files: CareFileQuerySet, name: str) -> CareFileQuerySet:
    """Return those of exactly this name: sealed names are found whole."""
    return files.filter(name_index=sealer().index(name))


def expiring(files: CareFileQuerySet, on: date) -> CareFileQuerySet:
    """Return the standing files whose term ends soon."""
    return files.standing().filter(expires_on__lte=on + timedelta(number("renew_days", on)))


def impacts_for(path: str, on: date) -> QuerySet[Impact]:
    """Return the assessments under which data of people of this land may be held."""
    land = list(prefixes(path))
    rows = Impact.objects.filter(region__path__in=land, is_accepted=True, valid_until__gte=on)
    return rows.order_by("purpose", "pk")


def impacts_seen(actor: User) -> list[Impact]:
    rows = Impact.objects.visible_to(actor).select_related("region", "made_by", "settled_by")
    return list(rows.order_by("-pk")[:100])


# What a person reads of themselves.


def own_files(user: User) -> list[CareFile]:
    """Return the files kept about the user that still hold anything."""
    rows = CareFile.objects.filter(user=user.pk, forgotten_at__isnull=True)
    return list(rows.select_related("community", "impact", "opened_by").order_by("-pk"))


def own_file(user: User, pk: UUID) -> CareFile | None:
    rows = CareFile.objects.filter(user=user.pk, forgotten_at__isnull=True, pk=pk)
    return rows.select_related("community", "impact", "opened_by").first()


def sheet_of(file: CareFile, on: date) -> list[tuple[str, str, str]]:
    """Return everything held about a person as (part, field, value): PIPL §45, 查阅、复制."""
    words = contents_of(file)
    basis = str(file.get_basis_display())
    rows = [
        (_("档案"), _("档案号"), file.number),
        (_("档案"), _("姓名"), words["name"]),
        (_("档案"), _("类别"), masked_line(file, on).kind),
        (_("档案"), _("楼栋"), file.building),
        *((_("档案"), str(label), words[name]) for name, label in BODY.items()),
        (_("为什么保存"), _("处理目的"), file.impact.purpose),
        (_("为什么保存"), _("依据"), f"{basis} {file.statute}".strip()),
        (_("为什么保存"), _("同意日期"), str(file.consented_on or "")),
        (_("为什么保存"), _("有效期至"), str(file.expires_on)),
    ]
    for visit in file.visits.order_by("-on", "-pk"):
        for name, value in visit_words(visit).items():
            if value:
                rows.append((_("走访 %s") % visit.on, str(VISIT_BODY[name]), value))
    for aid in file.aids.order_by("-on", "-pk"):
        rows.append((_("帮扶 %s") % aid.on, aid.what, f"{aid.fen / 100:.2f}"))
    for one in file.looks.order_by("-at"):
        rows.append((_("谁看过"), f"{one.day} {one.role}", one.reason))
    for asked in file.rights.order_by("-pk"):
        rows.append((_("您的请求"), str(asked.get_kind_display()), str(asked.get_answer_display())))
    return [row for row in rows if row[2]]


def visit_words(visit: CareVisit) -> dict[str, str]:
    """Return what a visit found, unsealed."""
    body = json.loads(sealer().open(visit.body_sealed) or "{}")
    return {name: body.get(name, "") for name in VISIT_BODY}


def on_duty_q(actor: User) -> Q:
    """Return the files of the communities whose care officer the actor is."""
    inside = Q(pk__in=[])
    for path in duty_paths(actor):
        inside |= Q(area__under=path)
    return inside
