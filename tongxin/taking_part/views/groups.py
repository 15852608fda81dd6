"""Residents' groups, conventions, and the page of three lines of a community."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.text import mask_name
from tongxin.regions.models import Region
from tongxin.regions.queries import place_name
from tongxin.ui.paging import page_of

from .. import actions
from ..forms import (
    ActivityForm,
    ConventionForm,
    ConventionPollForm,
    GroupForm,
    MatterForm,
    ResultForm,
)
from ..models import (
    Convention,
    GroupJoin,
    MatterParty,
    ResidentGroup,
    SharedMatter,
)
from ..models.common import keeps
from ..queries.near import lines_of
from .common import FORM, PAGE, ask, bound, communities_kept, draw, own_paths, show
from .polls import rule_choices

LINES = (
    ("community", gettext_lazy("社区")),
    ("unit", gettext_lazy("单位")),
    ("sector", gettext_lazy("行业")),
    ("residents", gettext_lazy("居民组织")),
)


@login_required
@require_safe
def groups(request: SignedIn) -> HttpResponse:
    """List the groups and conventions of one's land."""
    own_paths(request)
    kind = request.GET.get("kind", "")
    kind = kind if kind in ResidentGroup.Kind.values else ""
    rows = ResidentGroup.objects.visible_to(request.user).filter(ended_on=None)
    rows = rows.filter(kind=kind) if kind else rows
    page, following = page_of(rows.select_related("community"), request.GET.get("cursor", ""), PAGE)
    conventions = Convention.objects.visible_to(request.user).exclude(state="superseded")
    context = {
        "rows": [{"one": one, "place": place_name(one.community.path)} for one in page],
        "next_cursor": following, "may_write": communities_kept(request).exists(),
        "conventions": conventions.select_related("community").order_by("-id")[:20],
        "segments": [{"label": _("全部"), "url": "?", "active": not kind, "count": None}] + [
            {"label": label, "url": f"?kind={value}", "active": value == kind, "count": None}
            for value, label in ResidentGroup.Kind.choices
        ],
    }  # fmt: skip
    return show(request, "groups", context, tab="groups")


@login_required
@require_http_methods(FORM)
def new_group(request: SignedIn) -> HttpResponse:
    """Enter a group."""
    form = GroupForm(bound(request), communities=communities_kept(request))

    def act() -> str:
        made = actions.register_group(by=request.user, at=now(), **form.cleaned_data)
        return reverse("taking_part:group-desk", args=[made.pk])

    return ask(
        request, form, act, done=_("已登记。"), tab="groups", heading=_("登记居民组织"), lede="",
        verb=_("登记"), back=reverse("taking_part:groups"),
    )  # fmt: skip


@login_required
@require_safe
def group_desk(request: SignedIn, pk: int) -> HttpResponse:
    """Show a group to those who look after it: what it did, who asks to join."""
    rows = ResidentGroup.objects.visible_to(request.user).select_related("community")
    one = get_object_or_404(rows, pk=pk)
    context = {
        "one": one, "place": place_name(one.community.path),
        "keeper": keeps(request.user, one.community.path),
        "activities": one.activities.order_by("-on", "-id")[:50],
        "joins": one.joins.filter(state="asked").select_related("user").order_by("id")[:50],
    }  # fmt: skip
    return show(request, "group_desk", context, tab="groups")


@login_required
@require_http_methods(FORM)
def new_activity(request: SignedIn, pk: int) -> HttpResponse:
    """Enter what a group did."""
    one = get_object_or_404(ResidentGroup.objects.visible_to(request.user), pk=pk)
    form, back = ActivityForm(bound(request)), reverse("taking_part:group-desk", args=[pk])

    def act() -> str:
        actions.record_activity(one, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("已登记。"), tab="groups", heading=_("登记活动"), lede=one.name,
        verb=_("登记"), back=back,
    )  # fmt: skip


@login_required
@require_POST
def take_in(request: SignedIn, pk: int) -> HttpResponse:
    """Take somebody into a group."""
    rows = GroupJoin.objects.visible_to(request.user)
    one = get_object_or_404(rows, pk=pk)
    actions.take_in(one, by=request.user, at=now())
    messages.success(request, _("已加入。"))
    return redirect("taking_part:group-desk", one.group_id)


@login_required
@require_POST
def end_group(request: SignedIn, pk: int) -> HttpResponse:
    """Write down that a group has dissolved."""
    one = get_object_or_404(ResidentGroup.objects.visible_to(request.user), pk=pk)
    actions.end_group(one, on=localdate(), by=request.user, at=now())
    messages.success(request, _("已登记解散。"))
    return redirect("taking_part:groups")


# Residents.


@require_safe
def group(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a group to everybody; its leader by surname only."""
    one = get_object_or_404(ResidentGroup.objects.public().select_related("community"), pk=pk)
    mine = one.joins.filter(user=request.user.pk).first() if request.user.is_authenticated else None
    context = {
        "one": one, "place": place_name(one.community.path), "leader": mask_name(one.leader),
        "activities": one.activities.order_by("-on", "-id")[:10], "mine": mine,
    }  # fmt: skip
    return draw(request, "group", context)


@login_required
@require_POST
def join(request: SignedIn, pk: int) -> HttpResponse:
    """Ask to join a group, or leave it."""
    one = get_object_or_404(ResidentGroup.objects.public(), pk=pk)
    if request.POST.get("leave"):
        mine = get_object_or_404(GroupJoin.objects.visible_to(request.user), group=one, user=request.user)  # fmt: skip
        actions.leave_group(mine, by=request.user, at=now())
        messages.success(request, _("已退出。"))
    else:
        actions.ask_to_join(one, by=request.user, at=now())
        messages.success(request, _("已申请，社区会联系您。"))
    return redirect("taking_part:group", pk)


@require_safe
def convention(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a convention that was adopted, with the versions before it."""
    rows = Convention.objects.public()
    if request.user.is_authenticated:
        rows = rows | Convention.objects.visible_to(request.user)
    one = get_object_or_404(rows.select_related("community", "poll").distinct(), pk=pk)
    before = Convention.objects.public().filter(community=one.community_id, name=one.name)
    context = {
        "one": one, "place": place_name(one.community.path),
        "versions": before.exclude(pk=one.pk).order_by("-version"),
    }  # fmt: skip
    return draw(request, "convention", context)


@login_required
@require_http_methods(FORM)
def new_convention(request: SignedIn) -> HttpResponse:
    """Draft the next version of a convention."""
    form = ConventionForm(bound(request), communities=communities_kept(request), initial={"name": _("居民公约")})  # fmt: skip

    def act() -> str:
        made = actions.draft_convention(by=request.user, at=now(), **form.cleaned_data)
        return reverse("taking_part:convention-poll", args=[made.pk])

    return ask(
        request, form, act, done=_("草案已保存，接着安排表决。"), tab="groups", heading=_("起草居民公约"),
        lede=_("表决通过后施行，原来的版本自动停用、仍可查看。"), verb=_("保存草案"),
        back=reverse("taking_part:groups"),
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def convention_poll(request: SignedIn, pk: int) -> HttpResponse:
    """Put a draft to the vote."""
    one = get_object_or_404(Convention.objects.visible_to(request.user), pk=pk)
    rules, newer = rule_choices()
    form = ConventionPollForm(bound(request), rules=rules, newer=newer)

    def act() -> str:
        made = actions.vote_on_convention(one, by=request.user, at=now(), **form.cleaned_data)
        return reverse("taking_part:poll-desk", args=[made.pk])

    return ask(
        request, form, act, done=_("已建好表决，下一步编制名册。"), tab="groups", heading=_("表决居民公约"),
        lede=str(one), verb=_("下一步"), back=reverse("taking_part:groups"),
    )  # fmt: skip


# Three lines.


@login_required
@require_safe
def lines(request: SignedIn) -> HttpResponse:
    """Show on what communities, units, trades and residents' groups work together."""
    own_paths(request)
    rows = SharedMatter.objects.visible_to(request.user)
    ids = list(rows.order_by().values_list("community", flat=True).distinct()[:200])
    places = Region.objects.public().filter(pk__in=ids).defer("polygon").order_by("path")
    asked = request.GET.get("community", "")
    chosen = next((one for one in places if one.code == asked), places[0] if places else None)
    context = {
        "found": lines_of(chosen.pk, rows) if chosen else [], "chosen": chosen, "lines": LINES,
        "keeper": chosen is not None and keeps(request.user, chosen.path),
        "may_write": communities_kept(request).exists(),
        "filters": [
            {"name": "community", "label": _("社区（村）"), "value": chosen.code if chosen else "",
             "choices": [(one.code, one.name) for one in places]}
        ] if len(places) > 1 else [],
    }  # fmt: skip
    return show(request, "lines", context, tab="lines")


@login_required
@require_http_methods(FORM)
def new_matter(request: SignedIn) -> HttpResponse:
    """Open a matter of three lines."""
    form = MatterForm(bound(request), communities=communities_kept(request))

    def act() -> str:
        made = actions.open_matter(by=request.user, at=now(), **form.cleaned_data)
        return f"{reverse('taking_part:lines')}?community={made.community.code}"

    return ask(
        request, form, act, done=_("已登记。"), tab="lines", heading=_("登记联动事项"),
        lede=_("社区、单位、行业、居民组织，同一件事各做一段。"), verb=_("登记"),
        back=reverse("taking_part:lines"),
    )  # fmt: skip


@login_required
@require_POST
def finish_part(request: SignedIn, pk: int) -> HttpResponse:
    """Write down that a party did its part."""
    rows = MatterParty.objects.visible_to(request.user).select_related("matter__community")
    one = get_object_or_404(rows, pk=pk)
    actions.finish_part(one, by=request.user, at=now())
    return redirect(f"{reverse('taking_part:lines')}?community={one.matter.community.code}")


@login_required
@require_http_methods(FORM)
def close_matter(request: SignedIn, pk: int) -> HttpResponse:
    """End a matter with its result."""
    rows = SharedMatter.objects.visible_to(request.user).select_related("community")
    one, form = get_object_or_404(rows, pk=pk), ResultForm(bound(request))
    back = f"{reverse('taking_part:lines')}?community={one.community.code}"

    def act() -> str:
        actions.close_matter(one, result=form.cleaned_data["result"], by=request.user, at=now())
        return back

    return ask(
        request, form, act, done=_("已办结。"), tab="lines", heading=_("办结联动事项"), lede=one.title,
        verb=_("办结"), back=back,
    )  # fmt: skip
