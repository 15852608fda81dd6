"""Who learns from whom, and one project with its checks."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.kit.errors import NotFound

from .. import actions, queries
from ..forms.others import CheckForm, PairForm, ProjectForm
from ..models import BenchmarkProject, Pairing
from ..models.common import OVERSEERS, own_orgs
from .common import FORM, ask, leads, one, show
from .programmes import led


@login_required
@require_http_methods(FORM)
def new_pair(request: SignedIn, pk: int) -> HttpResponse:
    """Let a unit learn from an exemplar."""
    found = led(request, pk)
    form = PairForm(request.POST or None, path=found.region.path)
    back = reverse("projects:benchmarks", args=[pk])

    def act() -> str:
        actions.pair(programme=found, **form.cleaned_data, by=request.user, at=now())
        return back

    return ask(request, form, act, done=_("已安排对标。"), heading=_("安排对标"), verb=_("安排"), back=back, lede=found.name)  # fmt: skip


@login_required
@require_http_methods(FORM)
def new_project(request: SignedIn, pk: int) -> HttpResponse:
    """Write down a project of a pairing."""
    rows = Pairing.objects.visible_to(request.user).select_related(
        "programme__region", "org", "exemplar"
    )
    pairing = one(rows, pk=pk)
    if pairing.org_id not in own_orgs(request.user) and not leads(
        request, pairing.programme.region.path
    ):
        raise NotFound(_("对标项目由本单位或督办单位填写。"))
    form = ProjectForm(request.POST or None, initial={"due_on": pairing.programme.end_on})

    def act() -> str:
        made = actions.add_project(pairing=pairing, **form.cleaned_data, by=request.user, at=now())
        return reverse("projects:benchmark", args=[made.pk])

    return ask(
        request, form, act, done=_("已添加对标项目。"), heading=_("添加对标项目"), verb=_("添加"),
        back=reverse("projects:benchmarks", args=[pairing.programme_id]),
        lede=f"{pairing.org.name} → {pairing.exemplar.name}",
    )  # fmt: skip


def seen(request: SignedIn, pk: int) -> BenchmarkProject:
    rows = BenchmarkProject.objects.visible_to(request.user)
    return one(
        rows.select_related("pairing__programme__region", "pairing__org", "pairing__exemplar"),
        pk=pk,
    )


def _may_check(request: SignedIn, found: BenchmarkProject) -> bool:
    inside = found.pairing.org_id in own_orgs(request.user)
    return not inside and leads(request, found.pairing.programme.region.path, OVERSEERS)


@login_required
@require_GET
def benchmark(request: SignedIn, pk: int) -> HttpResponse:
    """Show one project: the four figures, gap and measures, its checks."""
    found = seen(request, pk)
    context = {
        "one": found, "gap": queries.gap_of(found, localdate()),
        "checks": list(found.checks.select_related("by").order_by("-on", "-pk")),
        "may_check": _may_check(request, found),
    }  # fmt: skip
    return show(request, "benchmark", context, tab="home")


@login_required
@require_http_methods(FORM)
def check(request: SignedIn, pk: int) -> HttpResponse:
    """Check a project on the way or at its end."""
    found = seen(request, pk)
    if not _may_check(request, found):
        raise NotFound(_("对标项目由督办单位检查。"))
    form = CheckForm(request.POST or None, initial={"on": localdate(), "verdict": "on_track"})
    url = reverse("projects:benchmark", args=[pk])

    def act() -> str:
        actions.check_project(found, **form.cleaned_data, by=request.user, at=now())
        return url

    return ask(request, form, act, done=_("已记录检查。"), heading=_("检查对标项目"), verb=_("记录"), back=url, lede=found.name)  # fmt: skip
