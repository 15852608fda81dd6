"""The register of members: the list, a person, registering and changing, unmasking for a reason."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.accounts.queries import SignedIn, address_of
from tongxin.kit.errors import NotPermitted, Refused
from tongxin.ui.forms import Form, ReasonForm

from .. import actions, queries
from ..forms.people import ChangeForm, EnrolForm
from ..models import Membership, Org, Person, Transfer
from ..scope import READERS, keeps_register, posts_of, unit_roles
from . import people_page

PAGE = ["GET", "HEAD", "POST"]
SEALED = {"identity": gettext_lazy("身份证号"), "phone": gettext_lazy("手机号")}


def reader(request: HttpRequest) -> None:
    """Raise NotPermitted for somebody who reads the register of no unit."""
    if not any(post.role in READERS and post.org_path for post in posts_of(request.user)):
        raise NotPermitted(
            _("党员名册只供党组织的书记、委员和组织员查看。"),
            remedy=_("您自己的组织关系在“我的组织关系”里。"),
        )


def reads(user, unit: Org) -> bool:
    """Say whether somebody reads the register of a unit."""
    return not unit_roles(user, unit.path).isdisjoint(READERS)


def person_of(request: HttpRequest, pk: int) -> Person:
    people = Person.objects.visible_to(request.user).select_related(
        "home", "grid", "user", "employer"
    )
    return get_object_or_404(people, pk=pk)


def answered(form: Form, refusal: Refused) -> int:
    """Show a refusal on a form with its remedy; return its status."""
    form.take(refusal)
    if refusal.remedy:
        form.add_error(None, str(refusal.remedy))
    return refusal.status


@login_required
@require_safe
def register(request: HttpRequest) -> HttpResponse:
    """Show the members whose registers one reads, by initials; the address is the view."""
    reader(request)
    today = localdate()
    chosen = queries.MemberFilter.read(request.GET)
    page, cursor = queries.members_page(
        request.user, chosen, on=today, cursor=request.GET.get("cursor", "")
    )
    context = {
        "rows": [people_page.row_of(one, today) for one in page],
        "many_units": len({one.unit_id for one in page}) > 1,
        "next_cursor": cursor,
        "filters": people_page.filters(chosen),
        "search": {
            "name": "q",
            "value": chosen.q,
            "placeholder": _("姓名、首字母、手机号或后四位、身份证号"),
        },
        "hidden": [("unit", chosen.unit)] if chosen.unit else [],
        "unit": Org.objects.visible_to(request.user).filter(pk=chosen.unit).first()
        if chosen.unit.isdecimal()
        else None,
        "is_filtered": chosen != queries.MemberFilter(),
        "is_exported": chosen.stage != "over",  # a sheet holds what stands
        "waiting": Transfer.objects.visible_to(request.user).open().count(),
        "may_enrol": queries.may_search_identity(request.user),
    }
    return render(request, "orgs/people/register.html", context)


@login_required
@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """Show the members of each unit below one, and how many of them learn on the platform."""
    reader(request)
    units = queries.units_reached(request.user).select_related("parent")
    wanted = request.GET.get("unit", "")
    above = units.filter(pk=wanted).first() if wanted.isdecimal() else units.first()
    if above is None:
        raise NotPermitted(_("没有找到这个党组织，或您看不到它。"))
    rows, total = queries.figures_below(request.user, above)
    context = {
        "above": above,
        "total": total,
        "table": people_page.figures_table(rows, total),
        "paired": queries.paired_members(request.user),
        "growth": queries.growth_below(request.user, above),
        "parent": above.parent if above.parent and reads(request.user, above.parent) else None,
        "today": localdate(),
    }
    return render(request, "orgs/people/figures.html", context)


@login_required
@require_safe
def guests(request: HttpRequest) -> HttpResponse:
    """Show the mobile members who have reported here, and when somebody last spoke to them."""
    reader(request)
    today = localdate()
    stays = list(queries.guests_of(request.user)[:200])
    context = {"rows": [people_page.guest_of(stay, today) for stay in stays]}
    return render(request, "orgs/people/guests.html", context)


@login_required
@require_http_methods(PAGE)
def enrol(request: SignedIn) -> HttpResponse:
    """Register somebody in a branch whose register one keeps."""
    if not queries.may_search_identity(request.user):
        raise NotPermitted(_("党员名册由党组织的书记和组织员维护。"))
    kept = people_page.kept_branches(request.user)
    only = list(kept()[:2])
    initial = {"unit": only[0]} if len(only) == 1 else {}
    near = people_page.land_near(only[0]) if only else ""
    form = EnrolForm(request.POST or None, kept=kept, near=near, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                member = actions.enrol_member(at=now(), by=request.user, **form.given())
            except Refused as refusal:
                status = answered(form, refusal)
            else:
                messages.success(request, _("已登记：%s") % member.person.name)
                return redirect("orgs:person", member.person_id)
    return render(request, "orgs/people/enrol.html", {"form": form}, status=status)


@login_required
@require_safe
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """Show somebody of the register: numbers masked, what their dates ask for, what may be done."""
    found = person_of(request, pk)
    context = people_page.page_of(found, request.user, localdate())
    return render(request, "orgs/people/person.html", context)


@login_required
@require_http_methods(PAGE)
def change(request: SignedIn, pk: int) -> HttpResponse:
    """Change what is known of somebody."""
    found = person_of(request, pk)
    held = queries.standing_membership(found)
    if held is None or not keeps_register(request.user, held.unit.path):
        raise NotPermitted(_("只有所在党组织的书记、组织员或上级党组织可以修改。"))
    form = ChangeForm(request.POST or None, person=found, near=people_page.land_near(held.unit))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                actions.change_person(person=found, at=now(), by=request.user, **form.given())
            except Refused as refusal:
                status = answered(form, refusal)
            else:
                messages.success(request, _("已保存"))
                return redirect("orgs:person", found.pk)
    context = {"form": form, "person": found}
    return render(request, "orgs/people/change.html", context, status=status)


@login_required
@require_http_methods(PAGE)
def unmask(request: SignedIn, pk: int, field: str) -> HttpResponse:
    """Show a sealed number in full, for a reason that is written down."""
    found = person_of(request, pk)
    form, shown, status = ReasonForm(request.POST or None), "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                shown = actions.unmask_person(
                    person=found,
                    field=field,
                    by=request.user,
                    reason=form.cleaned_data["reason"],
                    at=now(),
                    address=address_of(request),
                )
                status = 200
            except Refused as refusal:
                status = answered(form, refusal)
    context: dict[str, Any] = {
        "form": form,
        "person": found,
        "shown": shown,
        "label": SEALED[field],
        "back": reverse("orgs:person", args=[found.pk]),
    }
    response = render(request, "orgs/people/unmask.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def membership_of(request: HttpRequest, found: Person) -> Membership:
    """Return the standing membership of somebody one sees. Raises 404 where there is none."""
    rows = found.memberships.filter(to_date__isnull=True).select_related("unit", "person")
    return get_object_or_404(rows)
