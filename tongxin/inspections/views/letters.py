"""What is common to many findings of an operation, and the letters on it (S0.74)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tongxin.accounts.queries import SignedIn
from tongxin.documents.models import Document
from tongxin.findings.models import FindingGroup
from tongxin.orgs.models import Org

from .. import actions, queries
from ..forms import LetterForm
from .common import FORM, address, ask, must_be_inside, run_operation, seen_operation, show_part

REPLY_DAYS = 15  # days to answer, unless the letter says otherwise


def groups_of(request: SignedIn, operation: Any) -> Any:
    """Return the common problems among the findings of an operation, with how many are of it."""
    found = queries.findings_of(operation)
    rows = FindingGroup.objects.visible_to(request.user).filter(findings__in=found)
    return rows.annotate(n=Count("findings", distinct=True)).order_by("-n", "-pk")


@login_required
@require_GET
def letters(request: SignedIn, pk: int) -> HttpResponse:
    """Show what is common: confirmed groups with their letters, and kinds found more than once."""
    row = seen_operation(request, pk)
    must_be_inside(request, row)
    groups = list(groups_of(request, row)[:100])
    written: dict[str, list[Any]] = {}
    documents = Document.objects.visible_to(request.user).filter(
        source_kind="finding_group", source_id__in=[str(one.pk) for one in groups]
    )
    for one in documents.select_related("kind", "case", "number").order_by("-pk"):
        written.setdefault(one.source_id, []).append((one, address("documents:document", one.pk)))
    counts = queries.counts_of(row)
    context = {
        "groups": [
            (one, written.get(str(one.pk), []), address("findings:group", one.pk)) for one in groups
        ],
        "common": queries.common_findings(counts),
        "groups_url": address("findings:groups"),
    }
    return show_part(request, row, "letters", context)


@login_required
@require_http_methods(FORM)
def letter(request: SignedIn, pk: int, group: UUID) -> HttpResponse:
    """Draft a letter on one common problem."""
    row = run_operation(request, pk)
    one = get_object_or_404(groups_of(request, row), pk=group)
    answering = actions.units_of(row, one)
    units = Org.objects.public().filter(pk__in=[org.pk for org in answering]).order_by("name")
    initial = {
        "recipients": [org.pk for org in answering[:1]],
        "reply_by": localdate() + timedelta(days=REPLY_DAYS),
        "requirements": _(
            "对照问题逐项整改，明确责任人和完成时限。\n举一反三，对同类单位全面自查。"
        ),
    }
    form = LetterForm(request.POST or None, orgs=units, initial=initial)
    back = reverse("inspections:letters", args=[pk])

    def act() -> str:
        given = dict(form.cleaned_data)
        given["requirements"] = given["requirements"].splitlines()
        made = actions.draft_letter(operation=row, group=one, by=request.user, at=now(), **given)
        return address("documents:document", made.pk) or back

    return ask(
        request, form, act, done=_("文书已起草，核稿、签发后送达。"), heading=_("起草建议书或提示函"),
        verb=_("起草"), lede=_("“%(title)s”，本次监督发现 %(n)d 处。") % {"title": one.title, "n": one.n},
        back=back,
    )  # fmt: skip
