"""The alliances, one with its desks and projects, and what one's own department has to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Org
from tongxin.regions.queries import world

from .. import actions, queries
from ..forms.alliances import AllianceForm, DeskForm, ExampleForm, MemberForm, ProjectForm, SeatForm
from ..forms.common import OnForm, fen_of
from ..models import Alliance, AllianceProject, Desk
from ..models.alliances import own_orgs
from .common import FORM, ask, fresh_key, given, has_roles, later, seen_alliance, show


@login_required
@require_GET
def home(request: SignedIn) -> HttpResponse:
    """List the alliances one has a part in; the only one is shown at once."""
    seen = Alliance.objects.visible_to(request.user).select_related("region", "convenor")
    rows = list(queries.with_standing(seen).order_by("ended_on", "-pk")[:100])
    if len(rows) == 1:
        return redirect("alliances:alliance", pk=rows[0].pk)
    own = AllianceProject.objects.visible_to(request.user).filter(owner__in=own_orgs(request.user))
    context = {
        "rows": [{"one": one, "standing": queries.standing_of(one)} for one in rows],
        "owns": not rows and own.exists(),
        "may_found": has_roles(request, "officer"),
    }
    return show(request, "home", context, tab="home")


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Found an alliance."""
    if not has_roles(request, "officer"):
        raise NotFound(_("没有找到这个页面，或不由您办理。"))
    mine = Org.objects.public().filter(pk__in=own_orgs(request.user)).order_by("name")
    form = AllianceForm(
        actor=request.user, orgs=mine, initial={"founded_on": localdate()}, **given(request)
    )

    def act() -> str:
        made = actions.found_alliance(at=now(), by=request.user, **form.cleaned_data)
        return reverse("alliances:alliance", args=[made.pk])

    return ask(
        request, form, act, done=_("联盟已成立，请设置工作部负责人和成员单位。"), tab="home", heading=_("组建党建联盟"),
        lede=_("由审批、服务部门共同为重大项目服务，每个项目归一个工作部。"), verb=_("成立联盟"),
        back=reverse("alliances:home"),
    )  # fmt: skip


@login_required
@require_GET
def alliance(request: SignedIn, pk: int) -> HttpResponse:
    """Show an alliance: its desks with their projects, those in trouble first."""
    seen = Alliance.objects.visible_to(request.user).select_related("region", "convenor")
    one, today = get_object_or_404(queries.with_standing(seen), pk=pk), localdate()
    state = request.GET.get("state", "active")
    state = state if state in AllianceProject.State.values else "active"
    rows = AllianceProject.objects.visible_to(request.user).filter(alliance=one, state=state)
    cards = queries.cards_of(
        rows.select_related("owner", "region").order_by("pk")[:300], today=today
    )
    desks = queries.desks_of(one)
    by_desk: dict[int, list[Any]] = {desk.pk: [] for desk in desks}
    for card in cards:
        by_desk[card.project.desk_id].append({"card": card, "line": dots(card, today)})
    context = {
        "one": one,
        "standing": queries.standing_of(one),
        "board": [{"desk": desk, "cards": by_desk[desk.pk]} for desk in desks],
        "points": [point for card in cards if (point := pin(card.project, card.tone))],
        "areas_url": f"{reverse('api:children_geojson', args=[one.region.code])}?tolerance_m=20",
        "red": sum(card.is_red for card in cards),
        "members": list(one.members.filter(left_on=None).select_related("org").order_by("kind", "pk")),
        "segments": [
            {"label": label, "url": f"?state={name}", "active": name == state, "count": None}
            for name, label in AllianceProject.State.choices
        ],
        "keeps": queries.keeps_alliance(request.user, one) and one.ended_on is None,
    }  # fmt: skip
    return show(request, "alliance", context, tab="home")


def pin(project: AllianceProject, tone: str) -> dict[str, Any] | None:
    """Return a project as a pin on the map: its own place, or that of its land; None without."""
    place = (project.lng, project.lat)
    land = world().by_id.get(project.region_id)
    if None in place and land is not None:
        place = (land.lng, land.lat)
    if None in place:
        return None
    return {
        "lng": place[0], "lat": place[1], "title": f"{project.name} · {project.owner.name}",
        "url": reverse("alliances:project", args=[project.pk]), "tone": tone,
    }  # fmt: skip


def dots(card: queries.Card, today: Any) -> dict[str, Any]:
    """Return the milestones of a project as the line of dots."""
    found, is_next = [], True
    for item in card.dots:
        state = "done" if item.is_granted else "todo"
        if state == "todo" and is_next:
            late = item.planned_on is not None and item.planned_on < today
            state, is_next = ("late" if late else "now"), False
        found.append({"char": item.mark or item.name[:1], "title": item.name, "state": state})
    left = _("已办 %(n)d / %(all)d") % {"n": card.granted, "all": card.total} if card.total else ""
    tone = "late" if card.is_red else "done" if card.total and card.granted == card.total else "ok"
    return {"dots": found, "left": left, "tone": tone}


@login_required
@require_http_methods(FORM)
def take_on(request: SignedIn, pk: int) -> HttpResponse:
    """Take a project on."""
    one = _kept(request, pk)
    initial = {"starts_on": localdate(), "region": one.region_id, "key": fresh_key()}
    form = ProjectForm(alliance=one, initial=initial, **given(request))

    def act() -> str:
        data = dict(form.cleaned_data)
        fen = fen_of(data.pop("investment"))
        made = actions.take_on(investment_fen=fen, at=now(), by=request.user, **data)
        return reverse("alliances:project", args=[made.pk])

    return ask(
        request, form, act, done=_("项目已登记。"), tab="home", heading=_("登记项目"), lede=one.name,
        verb=_("登记项目"), back=reverse("alliances:alliance", args=[pk]),
    )  # fmt: skip


def _kept(request: SignedIn, pk: int) -> Alliance:
    """:raises NotFound: unless the reader keeps the alliance"""
    one = seen_alliance(request, pk)
    if not queries.keeps_alliance(request.user, one):
        raise NotFound(_("没有找到这个联盟，或不由您管理。"))
    return one


@login_required
@require_http_methods(FORM)
def verb(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """Take a unit in, set up a desk, mark as an example, end it."""
    one, user = _kept(request, pk), request.user
    today, data = localdate(), given(request)
    form: Any
    act: Callable[[], Any]
    if name == "member":
        form = MemberForm(alliance=one, initial={"on": today}, **data)
        words = (_("增加成员单位"), _("加入"), _("成员单位已加入。"))
        act = later(actions.join_alliance, one, form, user)
    elif name == "desk":
        number = one.desks.count() + 1
        form = DeskForm(alliance=one, initial={"number": number}, **data)
        words = (_("设置工作部"), _("保存"), _("工作部已设置。"))
        act = later(actions.set_desk, one, form, user)
    elif name == "example":
        form = ExampleForm(initial={"label": one.example_label, "url": one.example_url}, **data)
        words = (_("标记典型"), _("保存"), _("典型标记已更新。"))
        act = later(actions.mark_example, one, form, user)
    elif name == "end":
        form = OnForm(initial={"on": today}, **data)
        words = (_("结束联盟"), _("结束联盟"), _("联盟已结束。"))
        act = later(actions.end_alliance, one, form, user)
    else:
        raise Http404
    url = reverse("alliances:alliance", args=[pk])
    return ask(
        request, form, lambda: (act(), url)[1], done=words[2], tab="home", heading=words[0],
        lede=one.name, verb=words[1], back=url,
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def desk_verb(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """Change a desk, or give somebody a place at it."""
    desks = Desk.objects.visible_to(request.user)
    desk = get_object_or_404(desks.select_related("alliance"), pk=pk)
    one, user = _kept(request, desk.alliance_id), request.user
    url = reverse("alliances:alliance", args=[one.pk])
    form: Any
    act: Callable[[], Any]
    if name == "change":
        initial = {
            "number": desk.number,
            "name": desk.name,
            "head": desk.head_id,
            "duty": desk.duty,
        }
        form = DeskForm(alliance=one, initial=initial, **given(request))
        act = later(actions.set_desk, one, form, user)
        words = (_("修改%s") % desk.name, _("工作部已修改。"))
    elif name == "seat":
        form = SeatForm(alliance=one, initial={"on": localdate()}, **given(request))
        act = later(actions.sit_at_desk, desk, form, user)
        words = (_("%s增加成员") % desk.name, _("成员已安排。"))
    else:
        raise Http404
    return ask(
        request, form, lambda: (act(), url)[1], done=words[1], tab="home", heading=words[0],
        lede=one.name, verb=_("保存"), back=url,
    )  # fmt: skip


@login_required
@require_GET
def work(request: SignedIn) -> HttpResponse:
    """Show what one's own department has to do: problems given to it, approvals handed in."""
    orgs, at = own_orgs(request.user), now()
    context = {
        "problems": queries.open_for(orgs, at=at),
        "approvals": queries.waiting_for(orgs),
        "today": localdate(),
    }
    return show(request, "work", context, tab="work")
