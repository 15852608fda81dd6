"""The approvals of a subject: the bars, joint reviews, letters, the three dates; sites side by side."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.regions.queries import place_name

from .. import actions, queries
from ..forms.approvals import (
    ApprovalForm,
    DatesForm,
    DecideForm,
    JointForm,
    LetterForm,
    LinkForm,
    MarkForm,
    PlanForm,
    RenewForm,
    departments_of,
)
from ..forms.common import OnForm
from ..models import ApprovalItem, Dossier, Letter
from ..models.alliances import own_orgs
from .common import FORM, ask, fresh_key, given, later, seen_dossier, show

MOST = 200


@login_required
@require_GET
def dossier(request: SignedIn, pk: int) -> HttpResponse:
    """Show the approvals of a subject."""
    one, today = seen_dossier(request, pk), localdate()
    board = queries.board_of(one, today=today)
    mine, orgs = queries.keeps_dossier(request.user, one), own_orgs(request.user)
    others = (
        Dossier.objects.visible_to(request.user).filter(chain__code=one.chain.code)
        if one.chain
        else None
    )
    times: list[dict[str, Any]] = []
    if others is not None:
        took = queries.times_of(others)
        times = [
            {"line": line, **took[line.item.code]} for line in board.lines if line.item.code in took
        ]
    context = {
        "one": one,
        "dossier": one,
        "board": board,
        "runs": mine,
        "may": {line.item.pk: mine or line.item.department_id in orgs for line in board.lines},
        "reviews": list(one.reviews.prefetch_related("verdicts__item").order_by("-held_on", "-pk")),
        "times": times,
        "today": today,
    }  # fmt: skip
    return show(request, "dossier", context, tab="home")


def _led(request: SignedIn, pk: int) -> Dossier:
    """:raises NotFound: unless the reader leads the work"""
    one = seen_dossier(request, pk)
    if not queries.keeps_dossier(request.user, one):
        raise NotFound(_("没有找到这份审批档案，或不由您牵头。"))
    return one


@login_required
@require_http_methods(FORM)
def verb(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """Add an approval, decide several in one session, plan and mark the three dates."""
    one, user = _led(request, pk), request.user
    url = reverse("alliances:dossier", args=[pk])
    data, today = given(request), localdate()
    words: dict[str, Any] = {"heading": "", "verb": _("保存"), "lede": one.source_label}
    form: Any
    act: Callable[[], Any]
    if name == "add":
        form = ApprovalForm(dossier=one, orgs=departments_of(one), **data)
        words |= {"heading": _("增加审批事项"), "verb": _("增加")}
        act = later(actions.add_approval, one, form, user)
    elif name == "joint":
        items = ApprovalItem.objects.visible_to(user).filter(
            dossier=one, state__in=("todo", "submitted", "refused")
        )
        initial = {"held_on": today, "key": fresh_key()}
        form = JointForm(items=list(items.order_by("order")), initial=initial, **data)
        words |= {"heading": _("联合会审"), "verb": _("登记会审结论"), "template": "joint",
                  "lede": _("一次会审，多个事项各出结论；有一项不符合条件，整次不登记。")}  # fmt: skip
        act = partial(_decide, one, form, request)
    elif name == "plan":
        initial = {which: getattr(one, f"plan_{which}_on") for which in ("begun", "built", "used")}
        form = DatesForm(initial=initial, **data)
        words |= {"heading": _("计划开工、建成、使用")}
        act = later(actions.plan_dates, one, form, user)
    elif name == "mark":
        left = next(
            (which for which in ("begun", "built") if not getattr(one, f"{which}_on")), "used"
        )
        form = MarkForm(initial={"on": today, "which": left}, **data)
        words |= {"heading": _("登记开工、建成、使用"), "verb": _("登记")}
        act = later(actions.mark_date, one, form, user)
    else:
        raise Http404
    return ask(
        request, form, lambda: (act(), url)[1], done=_("已登记。"), tab="home", back=url, **words
    )


def _decide(one: Dossier, form: JointForm, request: SignedIn) -> Any:
    names = ("held_on", "place", "chair", "summary", "key")
    return actions.decide_jointly(
        one, verdicts=[actions.Verdict(*said) for said in form.verdicts()], at=now(), by=request.user,
        **{name: form.cleaned_data[name] for name in names},
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def item_verb(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """Plan, hand in, decide an approval; its letter; what it waits for."""
    rows = ApprovalItem.objects.visible_to(request.user).select_related(
        "department",
        "dossier__region",
        "dossier__project__desk",
        "dossier__project__alliance__region",
    )
    item, user = get_object_or_404(rows, pk=pk), request.user
    needs_keeper = name in ("plan", "link", "unlink")
    if not (
        queries.keeps_dossier(user, item.dossier) if needs_keeper else queries.decides(user, item)
    ):
        raise NotFound(_("没有找到这个审批事项，或不由您办理。"))
    make = ITEM_VERBS.get(name)
    if make is None:
        raise Http404
    form, act, heading, label = make(item, given(request), user)
    url = reverse("alliances:dossier", args=[item.dossier_id])

    def go() -> str:
        act()
        return url

    return ask(
        request, form, go, done=_("已登记。"), tab="home", heading=heading,
        lede=f"{item.dossier.source_label} · {item.name}", verb=label, back=url,
    )  # fmt: skip


def _plan(item: ApprovalItem, data: dict, user: Any) -> tuple:
    form = PlanForm(initial={"on": item.planned_on}, **data)
    return (
        form, lambda: actions.plan_approval(item, at=now(), by=user, **form.cleaned_data),
        _("排定计划日期"), _("保存"),
    )  # fmt: skip


def _submit(item: ApprovalItem, data: dict, user: Any) -> tuple:
    form = OnForm(initial={"on": localdate()}, **data)
    return (
        form, lambda: actions.submit_approval(item, at=now(), by=user, **form.cleaned_data),
        _("登记申报"), _("登记"),
    )  # fmt: skip


def _settle(item: ApprovalItem, data: dict, user: Any) -> tuple:
    form = DecideForm(initial={"on": localdate(), "state": "granted"}, **data)
    return (
        form, lambda: actions.decide_approval(item, at=now(), by=user, **form.cleaned_data),
        _("登记审批结果"), _("登记"),
    )  # fmt: skip


def _letter(item: ApprovalItem, data: dict, user: Any) -> tuple:
    form = LetterForm(initial={"issued_on": localdate()}, **data)
    return (
        form, lambda: actions.issue_letter(item, at=now(), by=user, **form.cleaned_data),
        _("以函代证"), _("登记"),
    )  # fmt: skip


def _link(item: ApprovalItem, data: dict, user: Any) -> tuple:
    form = LinkForm(item=item, linked=False, **data)
    return (
        form, lambda: actions.link_approvals(item, at=now(), by=user, **form.cleaned_data),
        _("增加前置事项"), _("增加"),
    )  # fmt: skip


def _unlink(item: ApprovalItem, data: dict, user: Any) -> tuple:
    form = LinkForm(item=item, linked=True, **data)
    return (
        form, lambda: actions.unlink_approvals(item, at=now(), by=user, **form.cleaned_data),
        _("去掉前置事项"), _("去掉"),
    )  # fmt: skip


ITEM_VERBS = {
    "plan": _plan, "submit": _submit, "decide": _settle, "letter": _letter, "link": _link, "unlink": _unlink,
}  # fmt: skip


@login_required
@require_http_methods(FORM)
def renew(request: SignedIn, pk: int) -> HttpResponse:
    """Renew a letter before it runs out."""
    rows = Letter.objects.visible_to(request.user).select_related(
        "item__dossier__region", "item__dossier__project__desk",
        "item__dossier__project__alliance__region", "item__department",
    )  # fmt: skip
    letter = get_object_or_404(rows, pk=pk)
    if not queries.decides(request.user, letter.item):
        raise NotFound(_("没有找到这份函，或不由您办理。"))
    form = RenewForm(initial={"issued_on": localdate()}, **given(request))
    url = reverse("alliances:dossier", args=[letter.item.dossier_id])

    def act() -> str:
        actions.renew_letter(letter, at=now(), by=request.user, **form.cleaned_data)
        return url

    return ask(
        request, form, act, done=_("函已续期。"), tab="home", heading=_("函的续期"),
        lede=_("%(item)s · 函 %(number)s，有效期至 %(day)s")
        % {"item": letter.item.name, "number": letter.number, "day": letter.valid_until},
        verb=_("续期"), back=url,
    )  # fmt: skip


@login_required
@require_GET
def leads(request: SignedIn) -> HttpResponse:
    """Set the lead times of projects and sites side by side (早开工、早建成、早使用)."""
    kinds = {"alliance_project": _("联盟项目"), "site_plan": _("服务阵地")}
    kind = request.GET.get("kind", "alliance_project")
    kind = kind if kind in kinds else "alliance_project"
    rows = Dossier.objects.visible_to(request.user).filter(source_kind=kind)
    found, middle = queries.leads_of(rows.select_related("region").order_by("-pk")[:MOST])
    found.sort(key=lambda one: tuple(n if n is not None else 10**6 for n in one.real))

    def cell(one: queries.Lead, n: int) -> dict[str, Any]:
        real, plan = one.real[n], one.planned[n]
        late = real is not None and plan is not None and real > plan
        words = _("%(real)s（计划 %(plan)s）") % {
            "real": "—" if real is None else real,
            "plan": plan,
        }
        return {"value": words if plan is not None else "—" if real is None else real, "late": late}

    context = {
        "segments": [
            {"label": words, "url": f"?kind={name}", "active": name == kind, "count": None}
            for name, words in kinds.items()
        ],
        "columns": [{"label": _("对象")}, {"label": _("区域")}, {"label": _("启动"), "figure": True},
                    {"label": _("到开工（天）"), "figure": True}, {"label": _("到建成（天）"), "figure": True},
                    {"label": _("到使用（天）"), "figure": True}, {"label": _("比计划"), "figure": True}],
        "rows": [
            {
                "label": one.dossier.source_label,
                "url": reverse("alliances:dossier", args=[one.dossier.pk]),
                "cells": [
                    {"value": place_name(one.dossier.region.path), "is_text": True},
                    {"value": one.dossier.starts_on.isoformat()},
                    *(cell(one, n) for n in range(3)),
                    {"value": _ahead(one.ahead), "late": one.ahead is not None and one.ahead < 0},
                ],
            }
            for one in found
        ],
        "total_row": {
            "label": _("中位数"),
            "cells": [{"value": ""}, {"value": ""}, *({"value": _said(middle[n])} for n in ("begun", "built", "used")), {"value": ""}],
        },
        "caption": _("从启动到开工、建成、使用的天数，已到达的节点"),
    }  # fmt: skip
    return show(request, "leads", context, tab="leads")


def _said(days: float | None) -> str:
    return "—" if days is None else f"{days:g}"


def _ahead(days: int | None) -> str:
    if days is None:
        return "—"
    if days == 0:
        return _("如期")
    return _("早 %d 天") % days if days > 0 else _("晚 %d 天") % -days
