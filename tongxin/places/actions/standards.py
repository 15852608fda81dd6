"""Signs are hung and judged, papers are drafted and published, phases are scored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.photos.actions import keep_photo
from tongxin.regions.models import Region

from ..models import (
    Centre,
    CentrePaper,
    PhaseAnswer,
    PhaseScore,
    Sign,
    SignStandard,
)
from ..queries.standards import items_on
from .common import locked, must_hold, must_keep

JUDGES = ("officer", "inspector")


class BadPaper(Invalid):
    """A paper without words, or from a day gone by."""


class PaperPublished(Refused):
    """A published version does not change; another follows it."""


class BadScore(Invalid):
    """Points out of bounds, or fewer than full without a word why."""


class BadSign(Invalid):
    """A sign without proof, of another kind of centre, or for a day to come."""


class SignThere(Refused):
    """It hangs already, or was judged or taken down."""


@transaction.atomic
def hang_sign(
    *, centre: Centre, standard: SignStandard, photo: bytes, on: date, by: User, at: datetime
) -> Sign:  # fmt: skip
    """Register a sign by its photo (S1.48); somebody else holds it against the standard.

    :raises BadSign: without a photo, for another kind of centre, a day to come
    :raises SignThere: if one of that standard hangs there
    :raises NotPermitted: unless `by` keeps the register of the land
    """
    centre = locked(centre)
    must_keep(by, centre.region.path, what=_("登记标识牌"))
    if standard.kinds and centre.kind not in standard.kinds.split():
        raise BadSign(_("“%s”不用于这类中心。") % standard.name, field="standard")
    if not photo:
        raise BadSign(_("请拍一张悬挂后的照片。"), field="photos")
    if on > localdate(at):
        raise BadSign(_("日期还没到。"), field="on")
    if centre.signs.filter(standard__code=standard.code, removed_on__isnull=True).exists():
        raise SignThere(_("“%s”已经登记，还挂着。") % standard.name, field="standard")
    return Sign.objects.create(
        centre=centre, standard=standard, photo=keep_photo(data=photo, by=by, at=at), hung_on=on,
        by=by, at=at,
    )  # fmt: skip


@transaction.atomic
def judge_sign(sign: Sign, *, right: bool, note: str, by: User, at: datetime) -> Sign:
    """Hold a sign against its standard: by an officer or inspector who did not hang it.

    :raises NotPermitted: for others and one's own; SignThere if it is gone; Missing without why
    """
    centre = locked(sign.centre)
    sign = Sign.objects.get(pk=sign.pk)
    must_hold(by, JUDGES, centre.region.path, what=_("核对标识牌"))
    if sign.by_id == by.pk:
        raise NotPermitted(_("不能核对自己登记的标识牌。"))
    if sign.removed_on:
        raise SignThere(_("这块牌子已摘下。"))
    sign.note = clean_text(note, limit=100, field_label=_("核对意见"), required=not right)
    sign.verdict = Sign.Verdict.RIGHT if right else Sign.Verdict.WRONG
    sign.judged_by, sign.judged_at = by, at
    sign.save(update_fields=["note", "verdict", "judged_by", "judged_at"])
    return sign


@transaction.atomic
def take_down_sign(sign: Sign, *, on: date, by: User, at: datetime) -> Sign:
    """Write down that a sign was taken down. Raises SignThere, BadSign, NotPermitted."""
    centre = locked(sign.centre)
    sign = Sign.objects.get(pk=sign.pk)
    must_keep(by, centre.region.path, what=_("登记摘牌"))
    if sign.removed_on:
        raise SignThere(_("这块牌子已摘下。"))
    if not sign.hung_on <= on <= localdate(at):
        raise BadSign(_("日期应在悬挂之后、今天之前。"), field="on")
    sign.removed_on = on
    sign.save(update_fields=["removed_on"])
    return sign


@transaction.atomic
def draft_paper(
    *, kind: str, title: str, text: str, effective_from: date, by: User, at: datetime,
    centre: Centre | None = None, region: Region | None = None,
) -> CentrePaper:  # fmt: skip
    """Draft a version of a manual, rules or a notice (S1.50): of one centre, or for all of some land.

    What is for all centres of some land is its officers' to write.

    :raises BadPaper: without words, or from a day gone by
    :raises NotPermitted:
    """
    if centre is not None:
        centre = locked(centre)
        region = centre.region
        must_keep(by, region.path, what=_("编写这里的制度和公示"))
    elif region is not None:
        Region.objects.select_for_update().only("pk").get(pk=region.pk)
        must_hold(by, ("officer",), region.path, what=_("编写全区域的制度"))
    else:
        raise BadPaper(_("请选择适用的中心或区域。"), field="region")
    if kind not in CentrePaper.Kind.values:
        raise BadPaper(_("请选择类型。"), field="kind")
    if effective_from < localdate(at):
        raise BadPaper(_("启用日期不能早于今天。"), field="effective_from")
    title = clean_text(title, limit=60, field_label=_("标题"), required=True)
    text = clean_text(text, limit=20_000, field_label=_("正文"), required=True, multiline=True)
    before = CentrePaper.objects.filter(region=region, centre=centre, kind=kind, title=title)
    last = before.order_by("-version").values_list("version", flat=True).first() or 0
    return CentrePaper.objects.create(
        region=region, centre=centre, kind=kind, title=title, text=text, version=last + 1,
        effective_from=effective_from, by=by, at=at,
    )  # fmt: skip


@transaction.atomic
def publish_paper(paper: CentrePaper, *, by: User, at: datetime) -> CentrePaper:
    """Publish a version; the one before ends on the day this one begins.

    :raises PaperPublished: if it is; NotPermitted as `draft_paper`
    """
    rows = CentrePaper.objects.select_for_update(of=("self",)).select_related("region")
    paper = rows.get(pk=paper.pk)
    if paper.centre_id:
        must_keep(by, paper.region.path, what=_("发布这里的制度和公示"))
    else:
        must_hold(by, ("officer",), paper.region.path, what=_("发布全区域的制度"))
    if paper.published_at:
        raise PaperPublished(_("这个版本已经发布。"))
    paper.effective_from = max(paper.effective_from, localdate(at))
    older = CentrePaper.objects.filter(
        region=paper.region_id, centre=paper.centre_id, kind=paper.kind, title=paper.title,
        published_at__isnull=False, effective_to=None,
    )  # fmt: skip
    for one in older:
        one.effective_to = max(one.effective_from, paper.effective_from)
        one.save(update_fields=["effective_to"])
    paper.published_at = at
    paper.save(update_fields=["published_at", "effective_from"])
    return paper


@transaction.atomic
def score_phase(
    *, centre: Centre, phase: str, given: Mapping[int, tuple[int, str]], note: str, by: User,
    at: datetime,
) -> PhaseScore:  # fmt: skip
    """Score 建好, 管好 or 用好 by its checklist (S1.2): {item id: (points, why fewer)}.

    By an officer or inspector over the place; a second scoring of one day replaces the first.

    :raises BadScore: for a line missing, points out of bounds, fewer points without why, no checklist
    :raises NotPermitted:
    """
    centre = locked(centre)
    must_hold(by, JUDGES, centre.region.path, what=_("给中心评分"))
    today = localdate(at)
    items = items_on(phase, today)
    if not items:
        raise BadScore(_("这个阶段还没有评分表。"), field="phase")
    answers = []
    for item in items:
        points, why = given.get(item.pk, (-1, ""))
        why = clean_text(why, limit=100, field_label=_("扣分说明"))
        if not 0 <= points <= item.points:
            words = {"text": item.text, "most": item.points}
            raise BadScore(
                _("“%(text)s”应在 0 到 %(most)d 分之间。") % words, field=f"points{item.pk}"
            )
        if points < item.points and not why:
            raise BadScore(_("“%s”扣了分，请写明原因。") % item.text, field=f"why{item.pk}")
        answers.append(PhaseAnswer(item=item, points=points, why=why))
    PhaseScore.objects.filter(centre=centre, phase=phase, on=today).delete()
    score = PhaseScore.objects.create(
        centre=centre, phase=phase, on=today, points=sum(one.points for one in answers),
        out_of=sum(item.points for item in items), by=by, at=at,
        note=clean_text(note, limit=200, field_label=_("评语")),
    )  # fmt: skip
    for one in answers:
        one.score = score
    PhaseAnswer.objects.bulk_create(answers)
    return score
