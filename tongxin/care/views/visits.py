"""Visits, promises, extra rounds, help and pairings: what is written into a file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid, NotFound

from .. import actions, queries
from ..forms import (
    AidForm,
    ExtraForm,
    MeasureForm,
    NoteForm,
    PairForm,
    VisitForm,
    WishForm,
    fen_of,
)
from ..models import Aid, CareFile, CareVisit, Measure, Pairing
from ..queries import people
from ..scope import duty_paths, officer_paths
from .common import bound, file_of, first_photo, handle
from .files import FORMS, _chosen, _people


@login_required
@require_http_methods(FORMS)
def record(request: SignedIn, pk: UUID) -> HttpResponse:
    """Write down a visit."""
    found, at = file_of(request, pk), now()
    form = VisitForm(*bound(request), initial={"on": localdate(at), "how": "home"})
    names = ("how", "on", "condition", "wishes", "promised", "promise_due_on", "key")
    line = queries.masked_line(found, localdate(at))
    return handle(
        request, form,
        lambda given: actions.record_visit(
            file=found, photo=first_photo(form, "photo"), by=request.user, at=at,
            **{name: given[name] for name in names},
        ),
        to=lambda _visit: reverse("care:file", args=[pk]),
        title=_("记走访：%(name)s · %(place)s") % {"name": line.name, "place": line.place},
        verb=_("保存"), done=_("已记录走访。"), back=reverse("care:file", args=[pk]),
        lede=_("只有按需可查看这份档案的人能打开；本人也能看到。"),
    )  # fmt: skip


def _visit(request: SignedIn, pk: int) -> CareVisit:
    found = (
        CareVisit.objects.visible_to(request.user)
        .select_related("file__community")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise NotFound(_("没有找到这次走访，或您看不到它。"))
    return found


@login_required
@require_POST
def kept(request: SignedIn, pk: int) -> HttpResponse:
    """Say that what was promised has been done."""
    visit = actions.keep_promise(visit=_visit(request, pk), by=request.user, at=now())
    messages.success(request, _("已记为兑现。"))
    return redirect("care:file", pk=visit.file_id)


@login_required
@require_http_methods(FORMS)
def wish(request: SignedIn, pk: int) -> HttpResponse:
    """Tie a wish to its case."""
    visit = _visit(request, pk)
    form = WishForm(request.POST if request.method == "POST" else None)
    back = reverse("care:file", args=[visit.file_id])
    return handle(
        request, form,
        lambda given: actions.link_wish(
            visit=visit, number=given["number"], by=request.user, at=now()
        ),
        to=lambda _visit: back, title=_("关联微心愿"), verb=_("关联"), back=back,
        lede=_("先在“心愿”里收集，再填编号；心愿的内容不写姓名。"),
    )  # fmt: skip


@login_required
@require_http_methods(FORMS)
def extra(request: SignedIn) -> HttpResponse:
    """Call an extra round."""
    at = now()
    places = people.lands_at((*duty_paths(request.user), *officer_paths(request.user)))
    if not places:
        raise NotFound(_("没有找到这个页面。"))
    today = localdate(at)
    form = ExtraForm(
        request.POST if request.method == "POST" else None, places=places, on=today,
        initial={"starts_on": today, "ends_on": today + timedelta(7), "kinds_of": ["elder"]},
    )  # fmt: skip

    def act(given: dict[str, Any]) -> Any:
        region = people.land_named(places, given["region"])
        if region is None:
            raise Invalid(_("请选择区域。"), field="region")
        names = ("why", "kinds_of", "every_days", "starts_on", "ends_on")
        return actions.call_extra_round(
            region=region, by=request.user, at=at, **{name: given[name] for name in names}
        )

    return handle(
        request, form, act, to=lambda _round: reverse("care:home"), title=_("发起加密走访"),
        verb=_("发起"), done=_("已发起，下次走访日期已提前。"), back=reverse("care:home"),
        lede=_("高温、寒潮期间缩短走访间隔；结束后自动恢复。"),
    )  # fmt: skip


# Help.


@login_required
@require_http_methods(FORMS)
def aid(request: SignedIn, pk: UUID) -> HttpResponse:
    """Write down help that was given."""
    found, at = file_of(request, pk), now()
    funds = {str(one.pk): one for one in people.funds_for(found.area)}
    orgs = {str(one.pk): one for one in people.helpers_for(found.area)}
    form = AidForm(
        *bound(request), initial={"on": localdate(at), "kind": "goods"},
        funds=[(pk, _fund_words(one)) for pk, one in funds.items()],
        orgs=[(pk, one.name) for pk, one in orgs.items()],
    )  # fmt: skip
    return handle(
        request, form,
        lambda given: actions.give_aid(
            file=found, kind=given["kind"], what=given["what"], fen=fen_of(given["yuan"]),
            on=given["on"], fund=funds.get(given["fund"]), org=orgs.get(given["org"]),
            receipt=first_photo(form, "receipt"), signature=first_photo(form, "signature"),
            by=request.user, at=at, key=given["key"],
        ),
        to=lambda _aid: reverse("care:file", args=[pk]), title=_("记帮扶"), verb=_("保存"),
        done=_("已记入台账。"), back=reverse("care:file", args=[pk]),
        lede=_("记入后不能修改，写错了由关爱专员更正。"),
    )  # fmt: skip


def _fund_words(fund: Any) -> str:
    words = {"name": fund.name, "left": fund.balance_fen / 100}
    return _("%(name)s（余 %(left).2f 元）") % words


@login_required
@require_http_methods(FORMS)
def correct(request: SignedIn, pk: int) -> HttpResponse:
    """Write a line against an aid that was wrong."""
    found = Aid.objects.visible_to(request.user).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到这笔帮扶，或您看不到它。"))
    form = NoteForm(request.POST if request.method == "POST" else None, label=_("更正原因"))
    back = reverse("care:file", args=[found.file_id]) if found.file_id else reverse("care:home")
    return handle(
        request, form,
        lambda given: actions.correct_aid(
            aid=found, reason=given["note"], by=request.user, at=now()
        ),
        to=lambda _aid: back, title=_("更正：%s") % found.what, verb=_("更正"),
        done=_("已冲销，金额退回原资金。"), back=back,
        lede=_("原记录保留，另记一笔冲销；需要的再重新登记。"),
    )  # fmt: skip


# Pairings.


@login_required
@require_http_methods(FORMS)
def pair(request: SignedIn, pk: UUID) -> HttpResponse:
    """Let a unit or a person stand by a household."""
    found, at = file_of(request, pk), now()
    orgs = {str(one.pk): one for one in people.helpers_for(found.area)}
    form = PairForm(
        request.POST if request.method == "POST" else None, people=_people(found),
        orgs=[(pk, one.name) for pk, one in orgs.items()],
    )  # fmt: skip
    return handle(
        request, form,
        lambda given: actions.pair(
            file=found, org=orgs.get(given["org"]), aim=given["aim"], by=request.user, at=at,
            helper=_chosen(found, given["helper"]) if given["helper"] else None,
        ),
        to=lambda _pairing: reverse("care:file", args=[pk]), title=_("结对帮扶"),
        verb=_("结对"), done=_("已结对。"), back=reverse("care:file", args=[pk]),
    )  # fmt: skip


def _pairing(request: SignedIn, pk: int) -> Pairing:
    rows = Pairing.objects.visible_to(request.user).select_related("file", "org", "helper")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到这次结对，或您看不到它。"))
    return found


def _back_to(file: CareFile) -> str:
    return reverse("care:file", args=[file.pk])


@login_required
@require_http_methods(FORMS)
def measure(request: SignedIn, pk: int) -> HttpResponse:
    """Agree on a measure."""
    found, at = _pairing(request, pk), now()
    form = MeasureForm(request.POST if request.method == "POST" else None)
    back = _back_to(found.file)
    return handle(
        request, form,
        lambda given: actions.add_measure(pairing=found, by=request.user, at=at, **given),
        to=lambda _measure: back, title=_("加一项帮扶措施"), verb=_("保存"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORMS)
def measure_done(request: SignedIn, pk: int) -> HttpResponse:
    """Write down what came of a measure."""
    rows = Measure.objects.visible_to(request.user).select_related("pairing__file")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到，或您看不到它。"))
    form = NoteForm(request.POST if request.method == "POST" else None, label=_("结果"))
    back = _back_to(found.pairing.file)
    return handle(
        request, form,
        lambda given: actions.finish_measure(
            measure=found, result=given["note"], by=request.user, at=now()
        ),
        to=lambda _measure: back, title=_("措施办完了"), verb=_("保存"), back=back,
    )  # fmt: skip


@login_required
@require_http_methods(FORMS)
def quarter(request: SignedIn, pk: int) -> HttpResponse:
    """Report what came of a pairing this quarter."""
    found = _pairing(request, pk)
    form = NoteForm(request.POST if request.method == "POST" else None, label=_("本季度成效"))
    back = _back_to(found.file)
    return handle(
        request, form,
        lambda given: actions.report_quarter(
            pairing=found, text=given["note"], by=request.user, at=now()
        ),
        to=lambda _report: back, title=_("填报本季度成效"), verb=_("填报"), back=back,
        lede=_("走访次数由系统按走访记录数出，不用填。"),
    )  # fmt: skip


@login_required
@require_http_methods(FORMS)
def end_pairing(request: SignedIn, pk: int) -> HttpResponse:
    """End a pairing."""
    found = _pairing(request, pk)
    form = NoteForm(request.POST if request.method == "POST" else None, label=_("帮扶成效"))
    back = reverse("care:home")
    return handle(
        request, form,
        lambda given: actions.end_pairing(
            pairing=found, outcome=given["note"], by=request.user, at=now()
        ),
        to=lambda _pairing: back, title=_("结束结对"), verb=_("结束"), done=_("已结束结对。"),
        back=_back_to(found.file), lede=_("帮扶人从此看不到这份档案。"),
    )  # fmt: skip
