"""The list of files, one file, and everything written into it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import Invalid, NotFound
from tongxin.orgs.scope import posts_of
from tongxin.photos.actions import keep_photo
from tongxin.ui.forms import ReasonForm

from .. import actions, queries
from ..forms import (
    CarerForm,
    ChangeForm,
    CloseForm,
    FileForm,
    HandOverForm,
    NoteForm,
    RenewForm,
)
from ..models import CareFile, Carer
from ..queries import lists, people
from ..scope import duty_paths, has_duty, overseeing_paths, walks
from .common import (
    address,
    bound,
    file_of,
    first_photo,
    handle,
    keeps_any,
    must_have_opened,
    opened,
    page,
)

FORMS = ["GET", "HEAD", "POST"]


@login_required
@require_safe
def home(request: SignedIn) -> HttpResponse:
    """Show the files one reads; who oversees goes to the figures, a resident to their own."""
    today = localdate()
    reads = keeps_any(request) or CareFile.objects.visible_to(request.user).exists()
    if not reads:
        if overseeing_paths(request.user):
            return redirect("care:figures")
        return page(request, "nobody.html", {}) if posts_of(request.user) else redirect("care:mine")
    view = request.GET.get("view", "all")
    view = view if view in lists.VIEWS else "all"
    kind, name = request.GET.get("kind", ""), request.GET.get("q", "").strip()[:40]
    rows, following = lists.files_page(
        request.user, view=view, kind=kind, name=name, cursor=request.GET.get("cursor", ""),
        on=today,
    )  # fmt: skip
    counts = lists.file_counts(request.user, today)
    labels = {"all": _("在册"), "late": _("逾期"), "ending": _("快到期"), "closed": _("已结束")}
    context = {
        "lines": rows,
        "next": following,
        "view": view,
        "segments": [
            {
                "label": label,
                "url": f"?view={code}",
                "active": code == view,
                "count": counts.get(code),
            }
            for code, label in labels.items()
        ],  # fmt: skip
        "filters": [
            {
                "name": "kind",
                "label": _("类别"),
                "value": kind,
                "choices": [
                    ("", _("全部")),
                    *((k.code, k.name) for k in queries.kinds(today).values()),
                ],
            }
        ],  # fmt: skip
        "search": {"name": "q", "value": name, "placeholder": _("完整姓名")},
        "kept": [("view", view)],
        "may_open": keeps_any(request),
        "is_officer": bool(duty_paths(request.user)),
    }
    return page(request, "home.html", context)


@login_required
@require_http_methods(FORMS)
def new_file(request: SignedIn) -> HttpResponse:
    """Open the file of somebody."""
    at, data_files = now(), bound(request)
    grids, today = people.grids_kept(request.user), localdate(at)
    if not grids:
        raise NotFound(_("没有找到这个页面。"))
    impacts = [one for path in {g.path for g in grids} for one in queries.impacts_for(path, today)]
    choices = {one.pk: one for one in impacts}
    form = FileForm(
        *data_files, grids=grids, impacts=[(pk, one.purpose) for pk, one in choices.items()],
        on=today, initial={"consented_on": today, "basis": "consent"},
    )  # fmt: skip

    def act(given: dict[str, Any]) -> CareFile:
        photo = first_photo(form, "paper")
        paper = keep_photo(data=photo, by=request.user, at=at) if photo else None
        grid = people.land_named(grids, given["grid"])
        if grid is None:
            raise Invalid(_("请选择网格。"), field="grid")
        names = ("kind", "name", "building", "statute", "consented_on", "consented_by")
        return actions.open_file(
            grid=grid, impact=choices[int(given["impact"])], basis=given["basis"], paper=paper,
            consented_how=given["consented_how"], body=form.body(), by=request.user, at=at,
            key=given["key"], **{name: given[name] for name in names},
        )  # fmt: skip

    return handle(
        request, form, act, to=lambda file: reverse("care:file", args=[file.pk]),
        title=_("建档"), verb=_("建档"), done=_("已建档。"), back=reverse("care:home"),
        lede=_("先征得本人同意，只记关爱必须的内容；个人信息加密保存，打开要写理由。"),
        notes=not choices and _("还没有有效的影响评估，请先由社区关爱专员填写、街道审定。"),
    )  # fmt: skip


@login_required
@require_http_methods(FORMS)
def file(request: SignedIn, pk: UUID) -> HttpResponse:
    """Show a file: masked with a place for the reason, then for the day with all it holds."""
    found, today = file_of(request, pk), localdate()
    form = ReasonForm(request.POST if request.method == "POST" else None)
    line = queries.masked_line(found, today)
    here = reverse("care:file", args=[pk])
    if not opened(request, found):
        return handle(
            request, form,
            lambda given: actions.look(
                file=found, reason=given["reason"], by=request.user, at=now(),
                address=address(request),
            ),
            to=lambda _look: here, done=_("已打开，今天内可以查看；这次查看已记录。"),
            template="closed_file.html", line=line, file=found,
        )  # fmt: skip
    stands = found.closed_at is None
    duty = has_duty(request.user, found.area)
    context: dict[str, Any] = {
        "file": found, "line": line, "words": queries.contents_of(found),
        "labels": [(str(label), name) for name, label in queries.files.BODY.items()],
        "visits": queries.visits_of(found), "aids": lists.aids_of(found),
        "carers": found.carers.filter(to_date=None).select_related("user").order_by("pk"),
        "stood": lists.pairings_of(found), "today": today,
        "may_keep": stands and (duty or walks(request.user, found.area)),
        "may_write": stands, "has_duty": stands and duty, "is_officer": duty,
    }  # fmt: skip
    context["facts"] = [(label, context["words"][name]) for label, name in context["labels"]]
    return page(request, "file.html", context)


@login_required
@require_http_methods(FORMS)
def change(request: SignedIn, pk: UUID) -> HttpResponse:
    """Put a file right."""
    found, at = file_of(request, pk), now()
    must_have_opened(request, found)
    words = queries.contents_of(found)
    form = ChangeForm(
        request.POST if request.method == "POST" else None, on=localdate(at),
        initial={**words, "building": found.building, "kind": found.kind, "expect": found.version},
    )  # fmt: skip
    return handle(
        request, form,
        lambda given: actions.change_file(
            file=found, expect=given["expect"], name=given["name"], kind=given["kind"],
            building=given["building"], body=form.body(), by=request.user, at=at,
        ),
        to=lambda _file: reverse("care:file", args=[pk]), title=_("修改档案"), verb=_("保存"),
        back=reverse("care:file", args=[pk]), lede=_("改了哪些项会记入审计，改前改后的内容不会。"),
    )  # fmt: skip


@login_required
@require_http_methods(FORMS)
def renew(request: SignedIn, pk: UUID) -> HttpResponse:
    """Keep a file for another term."""
    found, at = file_of(request, pk), now()
    form = RenewForm(*bound(request), initial={"consented_on": localdate(at)})

    def act(given: dict[str, Any]) -> CareFile:
        photo = first_photo(form, "paper")
        return actions.renew_file(
            file=found, consented_on=given["consented_on"], by=request.user, at=at,
            paper=keep_photo(data=photo, by=request.user, at=at) if photo else None,
        )  # fmt: skip

    return handle(
        request, form, act, to=lambda _file: reverse("care:file", args=[pk]), title=_("续期"),
        verb=_("续期"), done=_("已续期。"), back=reverse("care:file", args=[pk]),
        lede=_("仍需关爱、本人（监护人）再次同意的才续期；不续的到期后清除。"),
    )  # fmt: skip


@login_required
@require_http_methods(FORMS)
def close(request: SignedIn, pk: UUID) -> HttpResponse:
    """Close a file."""
    found, at = file_of(request, pk), now()
    form = CloseForm(request.POST if request.method == "POST" else None)
    return handle(
        request, form,
        lambda given: actions.close_file(file=found, end=given["end"], by=request.user, at=at),
        to=lambda _file: reverse("care:home"), title=_("结束档案 %s") % found.number,
        verb=_("结束"), done=_("档案已结束，到期自动清除。"), back=reverse("care:file", args=[pk]),
        lede=_("结束后不再走访，保留期满后清除全部个人信息，只留下件数。"),
    )  # fmt: skip


@login_required
@require_http_methods(FORMS)
def withdraw(request: SignedIn, pk: UUID) -> HttpResponse:
    """Write down that somebody without an account withdrew their consent."""
    found, at = file_of(request, pk), now()
    form = NoteForm(request.POST if request.method == "POST" else None, label=_("怎样提出的"))
    return handle(
        request, form,
        lambda given: actions.take_withdrawal(
            file=found, note=given["note"], by=request.user, at=at
        ),
        to=lambda _asked: reverse("care:home"), title=_("撤回同意 %s") % found.number,
        verb=_("登记撤回"), done=_("已停止使用这份档案。"), back=reverse("care:file", args=[pk]),
        lede=_("本人没有账号时代为登记；立即停止使用，15 天内清除。"),
    )  # fmt: skip


# Who looks after somebody by name.


def _people(found: CareFile) -> list[tuple[int, str]]:
    rows = people.people_of(found.community.path, localdate())
    return [(one.pk, one.name) for one in rows]


def _chosen(found: CareFile, pk: str) -> Any:
    rows = people.people_of(found.community.path, localdate())
    return next((one for one in rows if str(one.pk) == pk), None)


@login_required
@require_http_methods(FORMS)
def add_carer(request: SignedIn, pk: UUID) -> HttpResponse:
    """Name somebody who looks after a person."""
    found, at = file_of(request, pk), now()
    form = CarerForm(request.POST if request.method == "POST" else None, people=_people(found))
    return handle(
        request, form,
        lambda given: actions.add_carer(
            file=found, user=_chosen(found, given["user"]), by=request.user, at=at
        ),
        to=lambda _carer: reverse("care:file", args=[pk]), title=_("指定关爱人"),
        verb=_("指定"), done=_("已指定。"), back=reverse("care:file", args=[pk]),
        lede=_("关爱人从此可以查看这一份档案，查看同样要写理由。"),
    )  # fmt: skip


@login_required
@require_http_methods(FORMS)
def hand_over(request: SignedIn, pk: int) -> HttpResponse:
    """Hand somebody over to another, or end it."""
    rows = Carer.objects.visible_to(request.user)
    carer = rows.select_related("file__community", "user").filter(pk=pk).first()
    if carer is None:
        raise NotFound(_("没有找到，或您看不到它。"))
    found, at = carer.file, now()
    form = HandOverForm(request.POST if request.method == "POST" else None, people=_people(found))
    return handle(
        request, form,
        lambda given: actions.hand_over(
            carer=carer, to=_chosen(found, given["user"]) if given["user"] else None,
            note=given["note"], by=request.user, at=at,
        ),
        to=lambda _carer: reverse("care:home"), title=_("交接：%s") % carer.user.name,
        verb=_("交接"), done=_("已交接。"), back=reverse("care:file", args=[found.pk]),
        lede=_("不选人就是不再由他关爱；交出的人从此看不到这份档案。"),
    )  # fmt: skip
