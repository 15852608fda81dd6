"""The weights in force, what they were, and a form to change them from a day on."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tongxin.kit.errors import NotFound, Refused
from tongxin.orgs.scope import posts_of, roles_over
from tongxin.regions.queries import Land, region_of

from .. import actions
from ..forms import WeightsForm
from ..models import Weighting
from ..queries.crowd import district_of
from ..queries.weights import PEOPLE, UNITS, weights_on
from .common import me


@login_required
@require_http_methods(["GET", "POST"])
def weights(request: HttpRequest) -> HttpResponse:
    """Show the weights of the actor's district to whoever works there; its officer changes them."""
    district = my_district(request)
    at = now()
    in_force = weights_on(district.path, localdate(at))
    may_change = "officer" in roles_over(request.user, district.path)
    form = WeightsForm(request.POST or None, now_in_force=in_force) if may_change else None
    if form is not None and request.method == "POST" and form.is_valid():
        try:
            made = actions.set_weights(
                region=region_of(district),
                effective_from=form.cleaned_data["effective_from"],
                numbers=form.numbers(),
                source=form.cleaned_data["source"],
                at=at,
                by=me(request),
            )
        except Refused as refusal:
            form.take(refusal)
        else:
            day = f"{made.effective_from:%Y-%m-%d}"
            messages.success(request, _("新的推荐权重从 %s 起施行。") % day)
            return redirect("dispatching:weights")
    rows = Weighting.objects.visible_to(request.user).filter(region=district.id)
    context = {
        "district": district,
        "in_force": in_force,
        "people": [(label, in_force.of[code]) for code, label in PEOPLE.items()],
        "units": [(label, in_force.of[code]) for code, label in UNITS.items()],
        "form": form,
        "history": rows.select_related("by").order_by("-effective_from")[:20],
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "dispatching/weights.html", context, status=status)


def my_district(request: HttpRequest) -> Land:
    """Return the district somebody works in.

    :raises NotFound: for whoever holds no post in one
    """
    for post in posts_of(request.user):
        if district := district_of(post.path):
            return district
    raise NotFound(_("没有找到，或您看不到它。"))
