"""What who keeps the register does to a centre: one form for each verb."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.regions.models import Region

from .. import actions, forms, queries
from ..actions.centres import ONWARD
from ..models import Centre, CentrePaper, PhaseItem, Room, Sign, SignStandard
from ..models.centres import KEEPERS
from .common import FORM, JUDGES, ask, centre_of, judges, keeps, posted, regions_of, show

Made = tuple[Any, Callable[[], Any], dict[str, Any]]


def _today() -> dict[str, Any]:
    return {"on": localdate(), "day": localdate(), "effective_from": localdate()}


def _change(request: SignedIn, one: Centre) -> Made:
    names = ("name", "address", "phone", "intro", "lng", "lat")
    form = forms.CentreForm(posted(request), initial={name: getattr(one, name) for name in names})
    return form, lambda: actions.change_centre(one, by=request.user, at=now(), **form.cleaned_data), {
        "heading": _("修改登记"), "verb": _("保存"), "done": _("已保存。"), "picks": True,
    }  # fmt: skip


def _area(request: SignedIn, one: Centre) -> Made:
    form = forms.AreaForm(posted(request), initial=_today() | {"area_m2": one.area_m2})
    return form, lambda: actions.set_area(centre=one, by=request.user, at=now(), **form.cleaned_data), {
        "heading": _("登记新面积"), "verb": _("保存"), "done": _("面积已更新，原面积留在沿革里。"), "part": "rooms",
    }  # fmt: skip


def _state(request: SignedIn, one: Centre) -> Made:
    form = forms.StateForm(
        posted(request), onward=ONWARD[Centre.State(one.state)], initial=_today()
    )
    return form, lambda: actions.set_state(centre=one, by=request.user, at=now(), **form.cleaned_data), {
        "heading": _("改变状态"), "verb": _("确定"), "done": _("状态已改。"),
        "lede": _("开放后居民能查到，也能预约；关闭后不能再打开。"),
    }  # fmt: skip


def _room(request: SignedIn, one: Centre) -> Made:
    form = forms.RoomForm(posted(request))
    return form, lambda: actions.add_room(centre=one, by=request.user, at=now(), **form.cleaned_data), {
        "heading": _("登记功能室"), "verb": _("登记"), "done": _("功能室已登记。"), "part": "rooms",
    }  # fmt: skip


def _service(request: SignedIn, one: Centre) -> Made:
    form = forms.ServiceForm(posted(request))
    return form, lambda: actions.add_service(centre=one, by=request.user, at=now(), **form.cleaned_data), {
        "heading": _("登记服务项目"), "verb": _("登记"), "done": _("服务项目已公布。"),
    }  # fmt: skip


def _photo(request: SignedIn, one: Centre) -> Made:
    form = forms.PhotoForm(posted(request), request.FILES or None)

    def act() -> Any:
        data = form.cleaned_data
        return actions.add_photo(
            centre=one, data=data["photos"][0], kind=data["kind"], caption=data["caption"],
            by=request.user, at=now(),
        )  # fmt: skip

    words = {
        "heading": _("上传照片"), "verb": _("上传"), "done": _("照片已上传。"),
        "lede": _("居民在公开页上看得到，请不要拍到人脸。"),
    }  # fmt: skip
    return form, act, words


def _hours(request: SignedIn, one: Centre) -> Made:
    week = queries.week_in_force(one, localdate())
    days = week.days if week else queries.WEEK
    initial = {f"day{n}": text for n, text in enumerate(days)} | _today()
    form = forms.WeekForm(
        posted(request), initial=initial | {"holiday": week.holiday if week else ""}
    )

    def act() -> Any:
        data = form.cleaned_data
        return actions.set_week(
            centre=one, days=form.days(), holiday=data["holiday"],
            effective_from=data["effective_from"], by=request.user, at=now(),
        )  # fmt: skip

    return form, act, {
        "heading": _("设置开放时间"), "verb": _("保存"), "done": _("开放时间已更新。"),
        "lede": _("从启用日期起执行；调休上班的周末按周一的时间开放。"),
    }  # fmt: skip


def _day(request: SignedIn, one: Centre) -> Made:
    form = forms.DayForm(posted(request), initial=_today())
    return form, lambda: actions.announce_day(centre=one, by=request.user, at=now(), **form.cleaned_data), {
        "heading": _("公告临时安排"), "verb": _("公告"), "done": _("已公告，受影响的预约人已通知。"),
        "lede": _("当天已约的时段如不再开放，会自动取消并通知预约人。"),
    }  # fmt: skip


def _sign(request: SignedIn, one: Centre) -> Made:
    today = localdate()
    standards = (
        SignStandard.objects.public().on(today).filter(Q(kinds="") | Q(kinds__contains=one.kind))
    )
    form = forms.SignForm(
        posted(request), request.FILES or None, standards=standards,
        initial=_today() | {"standard": request.GET.get("standard")},
    )  # fmt: skip

    def act() -> Any:
        data = form.cleaned_data
        return actions.hang_sign(
            centre=one, standard=data["standard"], photo=data["photos"][0], on=data["on"],
            by=request.user, at=now(),
        )  # fmt: skip

    return form, act, {
        "heading": _("登记标识牌"), "verb": _("登记"), "done": _("已登记，等管理员对照规范核对。"), "part": "standards",
    }  # fmt: skip


def _paper(request: SignedIn, one: Centre) -> Made:
    form = forms.PaperForm(posted(request), initial=_today())
    return form, lambda: actions.draft_paper(centre=one, by=request.user, at=now(), **form.cleaned_data), {
        "heading": _("编写制度或公示"), "verb": _("保存草稿"), "done": _("草稿已保存，核对后发布。"), "part": "standards",
        "lede": _("同一标题再写一次就是新版本，发布后旧版本在启用日停用。"),
    }  # fmt: skip


VERBS = {
    "change": _change, "area": _area, "state": _state, "room": _room, "service": _service,
    "photo": _photo, "hours": _hours, "day": _day, "sign": _sign, "paper": _paper,
}  # fmt: skip


@login_required
@require_http_methods(FORM)
def do(request: SignedIn, pk: int, verb: str) -> HttpResponse:
    """One verb of who keeps the register."""
    one = centre_of(request, pk)
    if verb not in VERBS or not keeps(request, one):
        raise Http404
    form, act, words = VERBS[verb](request, one)
    back = reverse("places:centre", args=[pk]) + f"?part={words.pop('part', 'facts')}"

    def go() -> str:
        act()
        return back

    words["heading"] = f"{one.name} · {words['heading']}"
    return ask(request, form, go, back=back, **words)


@login_required
@require_http_methods(FORM)
def score(request: SignedIn, pk: int, phase: str) -> HttpResponse:
    """Score a phase by its checklist."""
    one = centre_of(request, pk)
    if phase not in PhaseItem.Phase.values or not judges(request, one):
        raise Http404
    items = queries.items_on(phase, localdate())
    form = forms.ScoreForm(posted(request), items=items)
    back = reverse("places:centre", args=[pk]) + "?part=scores"

    def act() -> str:
        actions.score_phase(
            centre=one, phase=phase, given=form.given(), note=form.cleaned_data["note"],
            by=request.user, at=now(),
        )  # fmt: skip
        return back

    words = {"name": one.name, "phase": PhaseItem.Phase(phase).label}
    return ask(
        request, form, act, done=_("评分已保存。"), heading=_("%(name)s · %(phase)s评分") % words,
        lede=_("按清单逐项给分，没给满的写明原因；同一天再评以后一次为准。"), verb=_("保存评分"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def judge(request: SignedIn, pk: int) -> HttpResponse:
    """Hold a sign against its standard."""
    sign = get_object_or_404(
        Sign.objects.visible_to(request.user).select_related("centre__region", "standard", "photo"),
        pk=pk,
    )  # fmt: skip
    if not judges(request, sign.centre):
        raise Http404
    form = forms.JudgeForm(posted(request))
    back = reverse("places:centre", args=[sign.centre_id]) + "?part=standards"

    def act() -> str:
        data = form.cleaned_data
        actions.judge_sign(
            sign, right=data["right"] == "yes", note=data["note"], by=request.user, at=now()
        )
        return back

    return ask(
        request, form, act, done=_("核对意见已保存。"), heading=_("核对：%s") % sign.standard.name,
        lede=sign.standard.text, verb=_("保存"), back=back, photo=sign.photo,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def down(request: SignedIn, pk: int) -> HttpResponse:
    """Write down that a sign was taken down."""
    rows = Sign.objects.visible_to(request.user)
    sign = get_object_or_404(rows.select_related("centre__region", "standard"), pk=pk)
    if not keeps(request, sign.centre):
        raise Http404
    form = forms.OnForm(posted(request), initial=_today())
    back = reverse("places:centre", args=[sign.centre_id]) + "?part=standards"

    def act() -> str:
        actions.take_down_sign(sign, on=form.cleaned_data["on"], by=request.user, at=now())
        return back

    return ask(
        request, form, act, done=_("已登记摘下。"), heading=_("摘下：%s") % sign.standard.name,
        verb=_("登记"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def end_room(request: SignedIn, pk: int) -> HttpResponse:
    """Take a room out of use."""
    rows = Room.objects.visible_to(request.user).select_related("centre__region")
    room = get_object_or_404(rows, pk=pk)
    if not keeps(request, room.centre):
        raise Http404
    form = forms.OnForm(posted(request), initial=_today())
    back = reverse("places:centre", args=[room.centre_id]) + "?part=rooms"

    def act() -> str:
        actions.end_room(room, on=form.cleaned_data["on"], by=request.user, at=now())
        return back

    return ask(
        request, form, act, done=_("已停用。"), heading=_("停用：%s") % room.name, verb=_("停用"), back=back,
        lede=_("还有预约的功能室不能停用，请先取消预约。"),
    )  # fmt: skip


# Papers.


@login_required
def papers(request: SignedIn) -> HttpResponse:
    """List the manuals and rules that hold for all centres of the reader's land."""
    rows = CentrePaper.objects.visible_to(request.user).filter(centre=None)
    found = rows.select_related("region").order_by("region__path", "kind", "title", "-version")
    context = {
        "rows": list(found[:200]),
        "today": localdate(),
        "may_write": bool(regions_of(request, ("officer",), (Region.Level.DISTRICT, Region.Level.STREET))),
    }  # fmt: skip
    return show(request, "papers", context, tab="papers")


@login_required
@require_http_methods(FORM)
def new_paper(request: SignedIn) -> HttpResponse:
    """Draft a manual or rules for all centres of some land."""
    regions = regions_of(request, ("officer",), (Region.Level.DISTRICT, Region.Level.STREET))
    if not regions:
        raise NotFound(_("全区域的制度由管理员编写。"))
    form = forms.LandPaperForm(posted(request), regions=regions, initial=_today())

    def act() -> str:
        made = actions.draft_paper(by=request.user, at=now(), **form.cleaned_data)
        return reverse("places:paper", args=[made.pk])

    return ask(
        request, form, act, done=_("草稿已保存，核对后发布。"), tab="papers", heading=_("编写制度规范"),
        lede=_("发布后适用于这片区域的全部中心。"), verb=_("保存草稿"), back=reverse("places:papers"),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def publish(request: SignedIn, pk: int) -> HttpResponse:
    """Show a draft and publish it."""
    rows = CentrePaper.objects.visible_to(request.user).select_related("region", "centre")
    paper = get_object_or_404(rows, pk=pk)
    keepers = KEEPERS if paper.centre_id else JUDGES[:1]
    if paper.published_at or not regions_of(request, keepers, (paper.region.level,)).filter(
        pk=paper.region_id
    ):
        raise Http404
    form = forms.PlainForm(posted(request))

    def act() -> str:
        actions.publish_paper(paper, by=request.user, at=now())
        return reverse("places:paper", args=[pk])

    return ask(
        request, form, act, done=_("已发布。"), tab="papers", heading=_("发布：%s") % paper,
        lede=_("%s 起执行，同名的旧版本同日停用。") % paper.effective_from, verb=_("发布"),
        back=reverse("places:paper", args=[pk]), text=paper.text,
    )  # fmt: skip
