"""One small page for each thing that is done about a member: form, action, back to the person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, NotPermitted, Refused
from tongxin.ui.forms import Form

from .. import actions, queries
from ..forms import people as forms
from ..models import MemberPairing, Membership, MobileStay, Person
from ..scope import keeps_register
from . import people_page
from .people import PAGE, answered, person_of, reader


@dataclass(frozen=True)
class About:
    """What a verb is done about, and by whom."""

    person: Person
    held: Membership
    stay: MobileStay | None
    by: Any
    at: datetime


@dataclass(frozen=True)
class Verb:
    title: Any
    button: Any
    form: type[Form]
    act: Callable[[About, dict[str, Any]], object]
    lede: Any = ""
    danger: bool = False


def _flags(about: About, given: dict[str, Any]) -> object:
    return actions.set_flags(membership=about.held, at=about.at, by=about.by, **given)


def _lost(about: About, given: dict[str, Any]) -> object:
    return actions.mark_lost(membership=about.held, at=about.at, by=about.by, **given)


def _found(about: About, given: dict[str, Any]) -> object:
    return actions.mark_found(membership=about.held, at=about.at, by=about.by, **given)


def _suspend(about: About, given: dict[str, Any]) -> object:
    return actions.suspend_membership(membership=about.held, at=about.at, by=about.by, **given)


def _mobile(about: About, given: dict[str, Any]) -> object:
    return actions.mark_mobile(membership=about.held, at=about.at, by=about.by, **given)


def _stay_of(about: About) -> MobileStay:
    if about.stay is None:
        raise NotFound(_("没有登记外出。"))
    return about.stay


def _host(about: About, given: dict[str, Any]) -> object:
    return actions.report_here(stay=_stay_of(about), at=about.at, by=about.by, **given)


def _contact(about: About, given: dict[str, Any]) -> object:
    return actions.keep_contact(stay=_stay_of(about), at=about.at, by=about.by, **given)


def _back(about: About, given: dict[str, Any]) -> object:
    return actions.mark_back(stay=_stay_of(about), at=about.at, by=about.by, **given)


def _end(about: About, given: dict[str, Any]) -> object:
    return actions.end_membership(membership=about.held, at=about.at, by=about.by, **given)


def _pair(about: About, given: dict[str, Any]) -> object:
    return actions.pair_members(
        helper=given["helper"].person,
        helped=about.person,
        aim=given["aim"],
        since=given["since"],
        at=about.at,
        by=about.by,
    )


def _growth(about: About, given: dict[str, Any]) -> object:
    return actions.add_growth(person=about.person, at=about.at, by=about.by, **given)


def _account(about: About, given: dict[str, Any]) -> object:
    user = queries.user_of_phone(given["phone"])
    if user is None:
        raise NotFound(
            _("没有用这个手机号登录的账号。"),
            field="phone",
            remedy=_("请本人先用手机号登录一次，再来关联。"),
        )
    return actions.link_user(person=about.person, user=user, at=about.at, by=about.by)


VERBS = {
    "flags": Verb(gettext_lazy("修改标记"), gettext_lazy("保存"), forms.FlagsForm, _flags),
    "lost": Verb(
        gettext_lazy("登记失联"),
        gettext_lazy("登记"),
        forms.LostForm,
        _lost,
        gettext_lazy("登记以后系统按日期提示该办什么，不会自动作出任何处理。"),
    ),
    "found": Verb(gettext_lazy("已取得联系"), gettext_lazy("登记"), forms.FoundForm, _found),
    "suspend": Verb(
        gettext_lazy("登记停止党籍"),
        gettext_lazy("登记决定"),
        forms.SuspendForm,
        _suspend,
        gettext_lazy("由党组织按规定作出决定后登记；系统不作决定。"),
        danger=True,
    ),
    "mobile": Verb(gettext_lazy("登记外出"), gettext_lazy("登记"), forms.MobileForm, _mobile),
    "host": Verb(
        gettext_lazy("登记在流入地报到"),
        gettext_lazy("登记"),
        forms.HostForm,
        _host,
        gettext_lazy("报到后，流入地党支部可以看到这名党员，负责日常教育管理。"),
    ),
    "contact": Verb(gettext_lazy("记录联系"), gettext_lazy("记录"), forms.ContactForm, _contact),
    "back": Verb(gettext_lazy("登记返回"), gettext_lazy("登记"), forms.DayOnlyForm, _back),
    "end": Verb(
        gettext_lazy("办理离开"),
        gettext_lazy("办理"),
        forms.EndForm,
        _end,
        gettext_lazy("转到本系统内的另一个支部，请用“转接组织关系”，不要在这里办。"),
        danger=True,
    ),
    "pair": Verb(
        gettext_lazy("结对帮扶"),
        gettext_lazy("结对"),
        forms.PairForm,
        _pair,
        gettext_lazy("请一名党员固定联系、走访这位同志。"),
    ),
    "growth": Verb(gettext_lazy("记录成长"), gettext_lazy("记录"), forms.GrowthForm, _growth),
    "account": Verb(
        gettext_lazy("关联登录账号"),
        gettext_lazy("关联"),
        forms.LinkForm,
        _account,
        gettext_lazy("关联以后，本人登录就能看到自己的组织关系。"),
    ),
}
TODAY = ("on", "since")


def _form(verb: str, request: HttpRequest, about: About) -> Form:
    initial: dict[str, Any] = {name: localdate(about.at) for name in TODAY}
    if verb == "flags":
        initial |= {name: getattr(about.held, name) for name in forms.EnrolForm.FLAGS}
    form = VERBS[verb].form(request.POST or None, initial=initial)
    if verb == "pair":
        # Helpers are looked for in the branch, and in those under the same committee.
        above = about.held.unit.path.rsplit("/", 2)[0] + "/"
        mine = Membership.objects.visible_to(request.user)
        rows = mine.members().filter(unit__path__under=above).exclude(person=about.person)
        rows = rows.select_related("person").order_by("person__initials", "pk")
        form.fields["helper"].rows = lambda: rows  # type: ignore[attr-defined]
    return form


@login_required
@require_http_methods(PAGE)
def verb(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """Show the form of a verb, and do it."""
    found = person_of(request, pk)
    held = queries.standing_membership(found)
    if name not in VERBS or held is None:
        raise Http404
    stay = queries.stays_of([held]).get(held.pk)
    about = About(found, held, stay, request.user, now())
    keeps = keeps_register(request.user, held.unit.path)
    hosts = stay is not None and stay.host is not None
    if not keeps and not (hosts and keeps_register(request.user, stay.host.path)):  # type: ignore[union-attr]
        raise NotPermitted(_("只有所在党组织的书记、组织员或上级党组织可以办理。"))
    form, status = _form(name, request, about), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                VERBS[name].act(about, form.cleaned_data)
            except Refused as refusal:
                status = answered(form, refusal)
            else:
                words = {"verb": VERBS[name].title, "name": found.name}
                messages.success(request, _("%(verb)s：%(name)s") % words)
                visible = Person.objects.visible_to(request.user).filter(pk=pk).exists()
                return redirect("orgs:person", pk) if visible else redirect("orgs:people")
    context = {
        "form": form,
        "verb": VERBS[name],
        "person": found,
        "held": held,
        "back": reverse("orgs:person", args=[pk]),
        "back_label": found.name,
    }
    return render(request, "orgs/people/verb.html", context, status=status)


@login_required
@require_safe
def pairings(request: HttpRequest) -> HttpResponse:
    """Show the pairings of the members one reads: who helps whom, and the last visit."""
    reader(request)
    today = localdate()
    rows = (
        MemberPairing.objects.visible_to(request.user)
        .standing()
        .select_related("helper", "helped")
        .order_by("last_visit_on", "pk")[:300]
    )
    context = {
        "paired": queries.paired_members(request.user),
        "rows": [people_page.pairing_card(one, None, today) for one in rows],
    }
    return render(request, "orgs/people/pairings.html", context)


VISIT = Verb(
    gettext_lazy("记录走访"), gettext_lazy("记录"), forms.VisitForm, lambda _about, _given: None
)
CLOSE = Verb(
    gettext_lazy("结束结对"),
    gettext_lazy("结束"),
    forms.EndPairingForm,
    lambda _about, _given: None,
)


@login_required
@require_http_methods(PAGE)
def pairing(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """Write down a visit of a pairing, or end it; the helper does it on a phone."""
    rows = MemberPairing.objects.visible_to(request.user).select_related("helper", "helped")
    found, at = get_object_or_404(rows, pk=pk), now()
    verb = VISIT if name == "visit" else CLOSE
    form = verb.form(request.POST or None, initial={"on": localdate(at)})
    is_helper = found.helper.user_id == request.user.pk
    back = reverse("orgs:me") if is_helper else reverse("orgs:person", args=[found.helped_id])
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            act = actions.write_visit if name == "visit" else actions.end_pairing
            try:
                act(pairing=found, at=at, by=request.user, **form.cleaned_data)
            except Refused as refusal:
                status = answered(form, refusal)
            else:
                messages.success(request, _("已记录。"))
                return redirect(back)
    context = {
        "form": form,
        "verb": verb,
        "person": found.helped,
        "back": back,
        "back_label": _("我的组织关系") if is_helper else found.helped.name,
        "layout": "ui/phone.html" if is_helper else "ui/desk.html",
        "visits": list(found.visits.select_related("by").order_by("-on")[:10]),
    }
    return render(request, "orgs/people/verb.html", context, status=status)
