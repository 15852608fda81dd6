"""A place is accepted by another than its builder, written off by number, moved into, looked at in use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import Org
from tongxin.photos.models import Photo
from tongxin.places.actions import open_centre
from tongxin.places.models import Centre

from ..models import Acceptance, RenovationCampaign, Site, SitePlan, UseCheck
from ..models.campaigns import ISSUERS, OVERSEERS, REPORTERS
from .campaigns import criteria_on
from .common import NotYet, hold_site, must_hold, note, past, scoped
from .plans import ACCEPT

ACCEPTORS = ("officer", "inspector")


class BuilderAccepts(Refused):
    """Who built a place, or answers for building it, does not accept it."""


class NotAnswered(Invalid):
    """Every item is answered, and what is not met says why."""


class NoPhoto(Invalid):
    """An acceptance without photos shows nothing."""


@transaction.atomic
def accept_site(
    site: Site, *, answers: Mapping[str, Mapping[str, Any]], photos: Iterable[Photo], on: date,
    by: User, at: datetime, words: str = "", key: str = "",
) -> Acceptance:  # fmt: skip
    """Judge a built place item by item (S1.36, S1.37); it passes if all items are met and its area is.

    `answers` is {code: {"ok": bool, "note": str}}.
    :raises NotYet: unless it is built and its area up to standard (levels keep their order, S1.33)
    :raises BuilderAccepts: for who leads the work or wrote the plan
    :raises NotAnswered, NoPhoto:
    """
    kept = scoped(by, key)
    if kept and (old := Acceptance.objects.filter(key=kept).first()):
        return old
    site = hold_site(site)
    must_hold(by, ACCEPTORS, site.path, what=_("验收这里"))
    plan = SitePlan.objects.filter(site=site).first()
    if site.state != Site.State.CHECKING or plan is None or plan.built_on is None:
        raise NotYet(_("%s还没有建成，不能验收。") % site.name)
    if by.pk in (plan.lead_id, plan.by_id):
        raise BuilderAccepts(_("施工负责人和方案编制人不能自己验收，请另一人验收。"))
    criteria = criteria_on(site.campaign, on)
    clean = _clean_answers(answers, {row.code: row.name for row in criteria})
    photos = list(photos)
    if not photos:
        raise NoPhoto(_("请上传验收照片。"), field="photos")
    all_met = all(answer["ok"] for answer in clean.values())
    if all_met and site.area_ok_on is None:
        raise NotYet(
            _("面积还差 %d 平方米，面积达标后才能验收通过。") % site.short_m2,
            remedy=_("请先调配房源或登记新的面积。"),
        )
    past(on, at, since=plan.built_on)
    made = Acceptance.objects.create(
        site=site, on=on, answers=clean, passed=all_met, by=by, at=at, key=kept,
        note=clean_text(words, limit=300, field_label=_("验收意见")),
    )  # fmt: skip
    made.photos.set(photos)
    if all_met:
        site.state, site.work_ok_on = Site.State.ACCEPTED, max(on, site.area_ok_on or on)
        site.stage, site.due_on = _("销号"), site.campaign.final_on
        plan.stages.filter(code=ACCEPT).update(done_on=on)
    site.save()
    bad = [row.name for row in criteria if not clean[row.code]["ok"]]
    text = _("验收通过，改造达标") if all_met else _("验收未通过：%s") % "、".join(bad)
    note(site, "check", text, on=on, by=by, at=at)
    return made


def _clean_answers(given: Mapping[str, Mapping[str, Any]], names: dict[str, str]) -> dict[str, Any]:
    if not names:
        raise NotAnswered(_("还没有验收标准，请先设定。"))
    if unknown := set(given) - set(names):
        raise NotAnswered(_("没有这一项：%s。") % "、".join(sorted(unknown))[:60], field="answers")
    found = {}
    for code, name in names.items():
        answer = given.get(code) or {}
        if not isinstance(answer.get("ok"), bool):
            raise NotAnswered(_("请逐项填写：“%s”还没有填。") % name, field=code)
        words = clean_text(answer.get("note", ""), limit=200, field_label=name)
        if not answer["ok"] and not words:
            raise NotAnswered(_("“%s”没有达到，请写明情况。") % name, field=code)
        found[code] = {"ok": answer["ok"], "note": words}
    return found


@transaction.atomic
def close_out(site: Site, *, on: date, by: User, at: datetime) -> Site:
    """Write a place off with the campaign's next number: one by one, without a hole (逐个销号, S1.30).

    :raises NotYet: before it was accepted
    :raises BuilderAccepts: by who leads the work
    """
    site = hold_site(site)  # and its campaign: one writer of numbers
    campaign = site.campaign
    must_hold(by, ISSUERS, site.path, what=_("给这里销号"))
    if site.state != Site.State.ACCEPTED:
        if site.number:
            raise NotYet(_("%(name)s已是 %(n)d 号销号。") % {"name": site.name, "n": site.number})
        raise NotYet(_("%s还没有验收通过，不能销号。") % site.name)
    if SitePlan.objects.filter(site=site, lead=by).exists():
        raise BuilderAccepts(_("施工负责人不能给自己的点位销号。"))
    site.number, site.closed_on = campaign.closed_count + 1, past(on, at, since=site.work_ok_on)
    site.state, site.stage, site.due_on = Site.State.CLOSED, "", None
    site.save()
    RenovationCampaign.objects.filter(pk=campaign.pk).update(closed_count=site.number)
    note(site, "close", _("%d 号销号") % site.number, on=on, by=by, at=at)
    return site


@transaction.atomic
def move_in(
    site: Site, *, text: str, on: date, by: User, at: datetime, photos: Iterable[Photo] = ()
) -> Site:
    """Move in: finish one, move into one (完成一个、入住一个, S1.35). The centre opens with it.

    :raises NotYet: before it was written off
    """
    site = hold_site(site)
    must_hold(by, REPORTERS, site.path, what=_("登记这里的入住"))
    if site.state != Site.State.CLOSED:
        if site.state == Site.State.IN_USE:
            raise NotYet(_("%s已投入使用。") % site.name)
        raise NotYet(_("%s还没有完成销号，不能入住。") % site.name)
    words = clean_text(text, limit=300, field_label=_("入住情况"), required=True)
    past(on, at, since=site.closed_on)
    site.state, site.in_use_on = Site.State.IN_USE, on
    site.save(update_fields=["state", "in_use_on"])
    SitePlan.objects.filter(site=site).update(used_on=on)
    if site.centre is not None and site.centre.state != Centre.State.OPEN:
        open_centre(centre=site.centre, on=on, by=None, at=at)
    note(site, "use", _("入住：%s") % words, on=on, by=by, at=at, photos=photos)
    unit = (
        Org.objects.units().filter(region=site.region_id, unit_kind="committee").order_by("pk").first()
    )  # fmt: skip
    if unit is not None:
        write_log(
            unit=unit, kind="service", text=_("党群服务中心完成改造并投入使用"), at=at,
            recorded_at=at, source=f"renovation.site:{site.pk}", key=f"renovation:{site.pk}:in_use",
            actor=by,
        )  # fmt: skip
    return site


@transaction.atomic
def check_use(
    site: Site, *, is_open: bool, is_own_use: bool, is_posted: bool, on: date, by: User,
    at: datetime, words: str = "",
) -> UseCheck:  # fmt: skip
    """Look at a place in use (规范使用, S1.33): the third level holds while the last look found all right.

    :raises NotYet: before it is in use
    :raises NotAnswered: if something is wrong and nothing is said of it
    """
    site = hold_site(site)
    must_hold(by, OVERSEERS, site.path, what=_("检查这里的使用情况"))
    if site.state != Site.State.IN_USE:
        raise NotYet(_("%s还没有投入使用。") % site.name)
    passed = is_open and is_own_use and is_posted
    words = clean_text(words, limit=300, field_label=_("情况"))
    if not passed and not words:
        raise NotAnswered(_("有不规范的地方，请写明情况。"), field="words")
    made = UseCheck.objects.create(
        site=site, on=past(on, at, since=site.in_use_on), is_open=is_open, is_own_use=is_own_use,
        is_posted=is_posted, note=words, passed=passed, by=by, at=at,
    )  # fmt: skip
    newest = site.use_checks.order_by("-on", "-pk").first()
    if newest is not None and newest.pk == made.pk:
        site.use_ok_on = (site.use_ok_on or on) if passed else None
        site.save(update_fields=["use_ok_on"])
    text = _("使用检查：规范") if passed else _("使用检查：%s") % words
    note(site, "use", text, on=on, by=by, at=at)
    return made
