"""A member's own page on the phone: the branch, the stage, what is due, whom one stands by."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound, Refused
from tongxin.regions.queries import place_name

from .. import actions, queries
from ..forms.people import HostForm
from ..models import Membership, Person, Transfer
from . import people_page
from .people import PAGE, answered

STAGES = [
    ("申", Membership.Stage.APPLICANT, "applied_on"),
    ("积", Membership.Stage.ACTIVIST, None),
    ("发", Membership.Stage.CANDIDATE, None),
    ("预", Membership.Stage.PROBATIONARY, "admitted_on"),
    ("正", Membership.Stage.FULL, "full_on"),
]


def _me(request: HttpRequest) -> Person | None:
    people = Person.objects.visible_to(request.user).filter(user=request.user.pk)
    return people.select_related("home", "grid").first()


@login_required
@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """Show my branch, how far I have come, what is due; a friendly word for who is in none."""
    person, today = _me(request), localdate()
    held = queries.standing_membership(person) if person else None
    if person is None or held is None:
        return render(request, "orgs/people/me.html", {"held": None})
    stay = queries.stays_of([held]).get(held.pk)
    transfers = Transfer.objects.visible_to(request.user).filter(membership__person=person)
    home = person.grid or person.home
    context = {
        "person": person,
        "held": held,
        "stay": stay,
        "marks": people_page.marks_of(held),
        "line": line_of(held, today),
        "hints": [one for one in queries.hints_of(held, stay, today) if one.code in MINE],
        "transfers": list(transfers.open().select_related("from_unit", "to_unit")),
        "pairings": [
            one for one in people_page.pairings_of(person, today) if one["pairing"].until is None
        ],
        "secretaries": queries.registrars_of(held.unit, today),
        "home": place_name(home.path) if home else "",
        "volunteer": getattr(request.user, "volunteer", None),
    }
    return render(request, "orgs/people/me.html", context)


MINE = {"transfer", "full", "medal"}  # what the member can do something about, or be glad of


def line_of(held: Membership, today) -> dict:
    """Return the line of dots from application to full membership."""
    here = [stage for _char, stage, _day in STAGES].index(Membership.Stage(held.stage))
    dots = []
    for n, (char, stage, day) in enumerate(STAGES):
        at = getattr(held, day) if day else None
        last = here == len(STAGES) - 1
        state = "done" if n < here or (n == here and last) else "now" if n == here else "todo"
        dots.append({"char": char, "title": stage.label, "state": state, "at": at, "who": ""})
    years = people_page.years_words(held, today)
    left = _("党龄 %s") % years if years else held.get_stage_display()
    return {"dots": dots, "left": left, "tone": "done" if here == len(STAGES) - 1 else "ok"}


@login_required
@require_POST
def serve(request: SignedIn) -> HttpResponse:
    """Become a volunteer where one lives, whatever one's home branch (S0.41)."""
    person = _me(request)
    if person is None or person.home is None:
        raise NotFound(_("名册里还没有您的居住社区。"), remedy=_("请联系所在党支部补登居住社区。"))
    actions.register_volunteer(user=request.user, home=person.home, by=request.user, at=now())
    messages.success(request, _("登记好了，可以在%s的大厅接单。") % place_name(person.home.path))
    return redirect("orgs:me")


@login_required
@require_http_methods(PAGE)
def report(request: SignedIn) -> HttpResponse:
    """A mobile member says to which branch they have reported."""
    person = _me(request)
    held = queries.standing_membership(person) if person else None
    stay = queries.stays_of([held]).get(held.pk) if held else None
    if stay is None:
        raise NotFound(_("支部没有登记您外出。"), remedy=_("外出前请告诉所在党支部。"))
    form, status = HostForm(request.POST or None, initial={"on": localdate()}), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                actions.report_here(stay=stay, at=now(), by=request.user, **form.cleaned_data)
            except Refused as refusal:
                status = answered(form, refusal)
            else:
                messages.success(request, _("已报到，请参加那里的组织生活。"))
                return redirect("orgs:me")
    return render(
        request, "orgs/people/me_report.html", {"form": form, "stay": stay}, status=status
    )
