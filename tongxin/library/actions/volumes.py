"""A volume is put together out of published exemplars, put in order, and issued as DOCX and PDF."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Max
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotFound, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import Org

from ..binding import bound, docx_of, pdf_of
from ..models import Exemplar, Volume, VolumeItem, VolumePart
from .common import WrongStep, must_write_for, scoped

MOST_ITEMS, MOST_PARTS = 300, 20


class NotPublished(Refused):
    """Only what was signed off and published goes into a volume."""


class EmptyVolume(Refused):
    """A volume without texts, or with a part that has none, is not issued."""


@transaction.atomic
def begin_volume(
    *, org: Org, title: str, year: int, by: User, at: datetime, subtitle: str = "", foreword: str = "",
    parts: Sequence[str] = (), key: str = "",
) -> Volume:  # fmt: skip
    """Begin a volume with its parts. :raises NotYourUnit, Invalid:"""
    kept = scoped(by, key)
    if kept and (old := Volume.objects.filter(key=kept).first()):
        return old
    must_write_for(by, org, what=_("编印资料汇编"))
    volume = Volume(org=org, year=_year(year), by=by, at=at, key=kept)
    _words(volume, title, subtitle, foreword)
    volume.save()
    _set_parts(volume, parts or [_("案例")])
    return volume


def _year(year: int) -> int:
    if not 1949 <= year <= 2200:
        raise Invalid(_("年度请填四位数字。"), field="year")
    return year


def _words(volume: Volume, title: str, subtitle: str, foreword: str) -> None:
    volume.title = clean_text(title, limit=60, field_label=_("书名"), required=True)
    volume.subtitle = clean_text(subtitle, limit=80, field_label=_("副题"))
    volume.foreword = clean_text(foreword, limit=4000, field_label=_("前言"), multiline=True)


def _set_parts(volume: Volume, titles: Sequence[str]) -> None:
    clean = [clean_text(t, limit=40, field_label=_("篇名"), required=True) for t in titles]
    if len(set(clean)) != len(clean) or not 0 < len(clean) <= MOST_PARTS:
        raise Invalid(_("篇名应有 1 到 %d 个，不能重名。") % MOST_PARTS, field="parts")
    there = {part.title: part for part in volume.parts.all()}
    if gone := [p for title, p in there.items() if title not in clean and p.items.exists()]:
        raise Invalid(_("“%s”篇里还有案例，请先移出。") % gone[0].title, field="parts")
    volume.parts.exclude(title__in=clean).delete()
    for n, title in enumerate(clean, start=1):
        VolumePart.objects.update_or_create(volume=volume, title=title, defaults={"order": n})


def _draft(volume: Volume, by: User) -> Volume:
    volume = Volume.objects.select_for_update(of=("self",)).select_related("org__region").get(pk=volume.pk)  # fmt: skip
    must_write_for(by, volume.org, what=_("编这本汇编"))
    if volume.state != Volume.State.DRAFT:
        raise WrongStep(_("《%s》已经印发，不能再改。") % volume.title)
    return volume


@transaction.atomic
def change_volume(
    volume: Volume, *, title: str, subtitle: str, foreword: str, parts: Sequence[str], by: User,
    at: datetime,
) -> Volume:  # fmt: skip
    """Put title, foreword and parts right. :raises Invalid: for a part dropped that still has texts"""
    volume = _draft(volume, by)
    _words(volume, title, subtitle, foreword)
    _set_parts(volume, parts)
    volume.save()
    return volume


@transaction.atomic
def bind(volume: Volume, *, part: VolumePart, exemplars: Sequence[Exemplar], by: User, at: datetime) -> int:  # fmt: skip
    """Put exemplars at the end of a part, each once in a volume; return how many are new.

    :raises NotPublished: naming one that is not published
    """
    volume = _draft(volume, by)
    if part.volume_id != volume.pk:
        raise NotFound(_("这本汇编没有这一篇。"), field="part")
    if raw := [one for one in exemplars if one.state != Exemplar.State.PUBLISHED]:
        raise NotPublished(_("《%s》还没有发布，不能收入汇编。") % raw[0].title, field="exemplars")
    there = set(volume.items.values_list("exemplar_id", flat=True))
    new = [one for one in exemplars if one.pk not in there]
    if len(there) + len(new) > MOST_ITEMS:
        raise Invalid(_("一本汇编最多收 %d 篇。") % MOST_ITEMS, field="exemplars")
    last = part.items.aggregate(n=Max("order"))["n"] or 0
    VolumeItem.objects.bulk_create(
        VolumeItem(volume=volume, part=part, exemplar=one, order=last + n)
        for n, one in enumerate(new, start=1)
    )
    return len(new)


@transaction.atomic
def move_item(item: VolumeItem, *, by: User, at: datetime, step: int = 0, part: VolumePart | None = None) -> None:  # fmt: skip
    """Move a text one place up (-1) or down (1) in its part, or to the end of another part."""
    volume = _draft(item.volume, by)
    if part is not None and part.pk != item.part_id:
        if part.volume_id != volume.pk:
            raise NotFound(_("这本汇编没有这一篇。"), field="part")
        item.order = (part.items.aggregate(n=Max("order"))["n"] or 0) + 1
        item.part = part
        item.save(update_fields=["part", "order"])
        return
    rows = list(VolumeItem.objects.filter(part=item.part_id).order_by("order", "pk"))
    place = next(n for n, row in enumerate(rows) if row.pk == item.pk)
    to = min(max(place + step, 0), len(rows) - 1)
    rows.insert(to, rows.pop(place))
    for n, row in enumerate(rows, start=1):
        row.order = n
    VolumeItem.objects.bulk_update(rows, ["order"])


@transaction.atomic
def unbind(item: VolumeItem, *, by: User, at: datetime) -> None:
    """Take a text out of a volume that is not issued."""
    _draft(item.volume, by)
    item.delete()


@transaction.atomic
def issue_volume(volume: Volume, *, by: User, at: datetime) -> Volume:
    """Issue a volume: what is kept is what was bound, whatever is withdrawn later.

    :raises EmptyVolume: without texts, or with an empty part
    :raises NotPublished: for a text taken down since
    :raises NoChineseFont: where the server cannot set Chinese
    """
    volume = _draft(volume, by)
    items = list(volume.items.select_related("exemplar"))
    if not items:
        raise EmptyVolume(_("汇编里还没有案例。"))
    if bare := volume.parts.filter(items__isnull=True).first():
        raise EmptyVolume(_("“%s”篇里还没有案例，请补上或删去这一篇。") % bare.title)
    if gone := [one.exemplar for one in items if one.exemplar.state != Exemplar.State.PUBLISHED]:
        raise NotPublished(_("《%s》已经撤下，请移出汇编。") % gone[0].title)
    volume.collected = _collected(volume)
    volume.state, volume.issued_on, volume.issued_by = Volume.State.ISSUED, localdate(at), by
    book = bound(volume)
    volume.docx.save("volume.docx", ContentFile(docx_of(book)), save=False)
    volume.pdf.save("volume.pdf", ContentFile(pdf_of(book)), save=False)
    volume.save()
    write_log(
        unit=volume.org, kind="study", at=at, recorded_at=at, actor=by,
        text=_("编印《%(title)s》，征集 %(all)d 个，收入 %(n)d 个。")
        % {"title": volume.title, "all": volume.collected, "n": len(items)},
        source=f"library.volume:{volume.pk}", key=f"volume:{volume.pk}",
    )  # fmt: skip
    return volume


def _collected(volume: Volume) -> int:
    """Count what was handed in to the units of this desk, to choose from (S2.34: 108)."""
    rows = Exemplar.objects.filter(desk__path__startswith=volume.org.path, version__gt=0)
    return rows.exclude(state=Exemplar.State.WITHDRAWN).count()
