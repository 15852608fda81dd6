"""Parks, spaces and homes for builders: figures, enterprises, problems, use, talent."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.cases.queries import card_of
from tongxin.kit.errors import NotFound
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.ui.paging import page_of

from .. import actions, queries
from ..forms.alliances import ProblemForm
from ..forms.common import OnForm, fen_of
from ..forms.parks import AdmitForm, EnterpriseForm, ParkChangeForm, ParkForm, TalentForm, UseForm
from ..models import Enterprise, EnterpriseProblem, Park, TalentCount
from .common import FORM, PAGE, ask, fresh_key, given, has_roles, later, seen_park, show

DAYS = 14


@login_required
@require_GET
def parks(request: SignedIn) -> HttpResponse:
    """List parks, spaces and homes with their figures."""
    kind = request.GET.get("kind", "")
    rows = Park.objects.visible_to(request.user).select_related("region", "branch", "project")
    if kind in Park.Kind.values:
        rows = rows.filter(kind=kind)
    found = list(rows.order_by("kind", "region__path", "pk")[:200])
    ids = [one.pk for one in found]
    staff, solved = queries.staff_of(ids), queries.solved_in(ids)
    rules = queries.weights_on(localdate())
    lines: list[dict[str, Any]] = []
    for one in found:
        counted = solved.get(one.pk, queries.Solved())
        lines.append(
            {
                "one": one, "staff": staff.get(one.pk, (0, 0, 0)), "solved": counted,
                "index": queries.index_of(counted, rules),
            }
        )  # fmt: skip
    kinds = [("", _("全部")), *Park.Kind.choices]
    context = {
        "rows": lines,
        "total": {
            "firms": sum(line["staff"][0] for line in lines),
            "staff": sum(line["staff"][1] for line in lines),
            "solved": sum(line["solved"].solved for line in lines),
            "open": sum(line["solved"].open for line in lines),
        },
        "segments": [
            {"label": words, "url": f"?kind={name}" if name else "?", "active": name == kind, "count": None}
            for name, words in kinds
        ],
        "may_found": has_roles(request, "officer"),
    }  # fmt: skip
    return show(request, "parks", context, tab="parks")


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Set up a park, a space or a home."""
    posts = [post for post in posts_of(request.user) if post.role == "officer"]
    if not posts:
        raise NotFound(_("没有找到这个页面，或不由您办理。"))
    land = get_object_or_404(Region.objects.public(), pk=posts[0].region_id)
    initial = {"opened_on": localdate(), "region": land.pk}
    form = ParkForm(actor=request.user, land=land, initial=initial, **given(request))

    def act() -> str:
        data = dict(form.cleaned_data)
        fen = fen_of(data.pop("investment"))
        made = actions.found_park(project_fen=fen, at=now(), by=request.user, **data)
        return reverse("alliances:park", args=[made.pk])

    return ask(
        request, form, act, done=_("已登记，请定服务专员。"), tab="parks", heading=_("登记园区或建设者之家"),
        lede="", verb=_("登记"), back=reverse("alliances:parks"),
    )  # fmt: skip


@login_required
@require_GET
def park(request: SignedIn, pk: int) -> HttpResponse:
    """Show a park or a home: what it is for, what was solved, the index with its sum, use, talent."""
    one, today = seen_park(request, pk), localdate()
    is_home = one.kind == Park.Kind.HOME
    types = queries.types_of(one) if not is_home else []
    counted = queries.sum_of(types)
    since = today - timedelta(days=29)
    use = queries.use_by_day(one, since=since, until=today)
    keeps = queries.keeps_park(request.user, one)
    talent = queries.talent_of(one, today.year)
    context = {
        "one": one,
        "is_home": is_home,
        "staff": queries.staff_of([pk]).get(pk, (0, 0, 0)) if not is_home else (0, 0, 0),
        "solved": counted,
        "index": queries.index_of(counted, queries.weights_on(today) if not is_home else []),
        "types": types,
        "facilities": queries.facilities_of(one),
        "guests": queries.guests_of(one, request.user) if is_home else None,
        "use": sorted(
            ((name, sum(days.values()), len(days)) for name, days in use.items()),
            key=lambda row: (-row[1], row[0]),
        ),
        "chart": _use_chart(use, today),
        "talent": [(label, talent.get(kind, 0)) for kind, label in TalentCount.Kind.choices],
        "keeps": keeps and one.closed_on is None,
        "since": since,
        "today": today,
    }
    return show(request, "park", context, tab="parks")


def _use_chart(found: dict[str, dict[date, int]], today: date) -> dict[str, Any] | None:
    since = today - timedelta(days=DAYS - 1)
    if not found:
        return None
    days = [since + timedelta(days=n) for n in range(DAYS)]
    words = [f"{day:%m-%d}" for day in days]
    series = [
        {"name": name, "data": [figures.get(day, 0) for day in days]}
        for name, figures in sorted(found.items())[:6]
    ]
    rows = [(word, [one["data"][n] for one in series]) for n, word in enumerate(words)]
    return {
        "chart": {"kind": "stack", "x": words, "unit": _("人次"), "series": series},
        "rows": rows,
    }


@login_required
@require_GET
def enterprises(request: SignedIn, pk: int) -> HttpResponse:
    """List the enterprises of a park."""
    one = seen_park(request, pk)
    gone = request.GET.get("state") == "gone"
    rows = Enterprise.objects.visible_to(request.user).filter(
        park=one, moved_out_on__isnull=not gone
    )
    asked = request.GET.get("q", "")[:40].strip()
    rows = rows.filter(name__contains=asked) if asked else rows
    page, cursor = page_of(
        rows.select_related("contact"), request.GET.get("cursor", ""), PAGE, oldest=True
    )
    context = {
        "one": one,
        "rows": page,
        "next_cursor": cursor,
        "asked": asked,
        "gone": gone,
        "segments": [
            {"label": words, "url": url, "active": active, "count": None}
            for words, url, active in ((_("在园"), "?", not gone), (_("已迁出"), "?state=gone", gone))
        ],
        "keeps": queries.keeps_park(request.user, one) and one.closed_on is None,
    }  # fmt: skip
    return show(request, "enterprises", context, tab="parks")


@login_required
@require_GET
def problems(request: SignedIn, pk: int) -> HttpResponse:
    """List what enterprises of a park brought up, the latest first."""
    one = seen_park(request, pk)
    state = request.GET.get("state", "")
    rows = EnterpriseProblem.objects.visible_to(request.user).filter(park=one)
    found = list(queries.problems_in(rows, state, _uuid(request.GET.get("cursor", "")))[: PAGE + 1])
    at = now()
    states = (("", _("全部")), ("open", _("办理中")), ("solved", _("已解决")))
    context = {
        "one": one,
        "rows": [{"row": row, "card": card_of(row.case, at=at)} for row in found[:PAGE]],
        "next_cursor": str(found[PAGE - 1].pk) if len(found) > PAGE else "",
        "segments": [
            {"label": words, "url": f"?state={name}" if name else "?", "active": name == state, "count": None}
            for name, words in states
        ],
    }  # fmt: skip
    return show(request, "problems", context, tab="parks")


def _uuid(word: str) -> UUID | None:
    try:
        return UUID(word)
    except ValueError:
        return None


@login_required
@require_http_methods(FORM)
def verb(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """Change a park, admit an enterprise, write down use and talent."""
    one, user = seen_park(request, pk), request.user
    if not queries.keeps_park(user, one):
        raise NotFound(_("没有找到这个园区，或不由您管理。"))
    data, url = given(request), reverse("alliances:park", args=[pk])
    form: Any
    if name == "change":
        names = ("manager", "branch", "centre", "address")
        initial = {word: getattr(one, word) for word in names} | {"about": one.text}
        form = ParkChangeForm(actor=user, park=one, initial=initial, **data)
        heading, label = _("修改园区"), _("保存")

        def act() -> Any:
            said = dict(form.cleaned_data)
            return actions.change_park(one, at=now(), by=user, text=said.pop("about"), **said)
    elif name == "admit":
        form, url = AdmitForm(initial={"moved_in_on": localdate()}, **data), f"{url}enterprises/"
        heading, label = _("登记入驻企业"), _("登记")
        act = later(actions.admit_enterprise, one, form, user)
    elif name == "use":
        names_ = queries.facilities_of(one)
        form = UseForm(facilities=names_, initial={"on": localdate()}, **data)
        heading, label = _("填报设施使用"), _("填报")
        act = later(actions.record_use, one, form, user)
    elif name == "talent":
        form = TalentForm(initial={"month": localdate()}, **data)
        heading, label = _("填报人才工作"), _("填报")
        act = later(actions.record_talent, one, form, user)
    else:
        raise Http404
    return ask(
        request, form, lambda: (act(), url)[1], done=_("已登记。"), tab="parks", heading=heading,
        lede=one.name, verb=label, back=url,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def enterprise_verb(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """Bring up a problem of an enterprise; change it; write down that it left."""
    rows = Enterprise.objects.visible_to(request.user).select_related(
        "park__region", "park__manager", "contact"
    )
    one, user = get_object_or_404(rows, pk=pk), request.user
    owns = queries.speaks_for_enterprise(user, one)
    keeps = queries.keeps_park(user, one.park)
    if not (keeps or (owns and name == "problem")):
        raise NotFound(_("没有找到这家企业，或不由您管理。"))
    url = (
        reverse("alliances:enterprises", args=[one.park_id]) if keeps else reverse("alliances:mine")
    )
    form: Any
    if name == "problem":
        form = ProblemForm(scope="enterprise", initial={"key": fresh_key()}, **given(request))
        heading, label, done = _("提出难题"), _("提出难题"), _("难题已提出，服务专员会派办。")

        def act() -> Any:
            said = form.cleaned_data
            return actions.raise_enterprise_problem(
                one, type_=said["type"], title=said["title"], text=said["text"],
                photos=said["photos"], key=said["key"] or None, at=now(), by=user,
            )  # fmt: skip
    elif name == "change":
        names = ("name", "credit_code", "industry", "staff", "members", "room")
        form = EnterpriseForm(
            initial={word: getattr(one, word) for word in names}, **given(request)
        )
        heading, label, done = _("修改企业"), _("保存"), _("企业已修改。")
        act = later(actions.change_enterprise, one, form, user)
    elif name == "out":
        form = OnForm(initial={"on": localdate()}, **given(request))
        heading, label, done = _("登记迁出"), _("登记迁出"), _("已登记迁出。")
        act = later(actions.move_out, one, form, user)
    else:
        raise Http404
    return ask(
        request, form, lambda: (act(), url)[1], done=done, tab="parks", heading=heading,
        lede=f"{one.park.name} · {one.name}", verb=label, back=url,
    )  # fmt: skip
