"""The life log of a unit and a year: browsed by kind and month, verified, taken as a document."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tongxin.accounts.actions import audit
from tongxin.accounts.queries import SignedIn, address_of
from tongxin.kit.errors import NotFound

from .. import documents, queries
from ..models import LogEntry, Org

SIZE = 50
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FORMATS = {"docx": (DOCX, documents.book_docx), "pdf": ("application/pdf", documents.book_pdf)}


def _unit(request: HttpRequest, pk: int) -> Org:
    return get_object_or_404(queries.book_units(request.user), pk=pk)


@login_required
@require_safe
def newest(request: SignedIn, pk: int) -> HttpResponse:
    """Lead to the newest book of a unit; to this year's where there is none yet."""
    years = queries.book_years(_unit(request, pk))
    return redirect("orgs:log", pk, years[0] if years else localtime(now()).year)


@login_required
@require_safe
def book(request: SignedIn, pk: int, year: int) -> HttpResponse:
    """Show a book: newest entries first, by kind and month, with what its chain says."""
    unit = _unit(request, pk)
    years, found = queries.book_years(unit), queries.open_book(unit, year)
    kind, month = request.GET.get("kind", ""), request.GET.get("month", "")
    shown = [entry for entry in reversed(found.entries) if _fits(entry, kind, month)]
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 10:
        shown = [entry for entry in shown if entry.seq < int(before)]
    context: dict[str, Any] = {
        "unit": unit,
        "year": year,
        "book": found,
        "entries": shown[:SIZE],
        "next_cursor": shown[SIZE - 1].seq if len(shown) > SIZE else "",
        "filters": _filters(found, kind, month),
        "years": [
            {"label": str(one), "url": reverse("orgs:log", args=[pk, one]), "active": one == year}
            for one in sorted({*years, year}, reverse=True)
        ],
    }
    return render(request, "orgs/logbook.html", context)


def _fits(entry: LogEntry, kind: str, month: str) -> bool:
    return (not kind or entry.kind == kind) and (
        not month or str(localtime(entry.at).month) == month
    )


def _filters(found: queries.Book, kind: str, month: str) -> list[dict[str, Any]]:
    kinds = Counter(entry.kind for entry in found.entries)
    months = Counter(localtime(entry.at).month for entry in found.entries)
    labels = dict(LogEntry.Kind.choices)
    everything = ("", _("全部"))
    return [
        {
            "name": "kind",
            "label": _("类别"),
            "value": kind,
            "choices": [
                everything,
                *((one, f"{labels.get(one, one)} {n}") for one, n in sorted(kinds.items())),
            ],
        },
        {
            "name": "month",
            "label": _("月份"),
            "value": month,
            "choices": [
                everything,
                *(
                    (str(one), _("%(m)d 月 %(n)d") % {"m": one, "n": n})
                    for one, n in sorted(months.items())
                ),
            ],
        },
    ]


@login_required
@require_safe
def document(request: SignedIn, pk: int, year: str, form: str) -> HttpResponse:
    """Hand out a book as Word or PDF, and write down who took it."""
    unit, at = _unit(request, pk), now()
    found = queries.open_book(unit, int(year))
    if not found.entries:
        raise NotFound(_("%s 年度还没有记录，没有可下载的纪实册。") % year)
    content_type, make = FORMATS[form]
    data = make(found, at=at)
    audit(
        actor=request.user,
        action="log.take",
        object=f"{unit.name} {year}",
        detail={"form": form, "count": len(found.entries)},
        at=at,
        address=address_of(request),
    )
    name = f"{unit.name}{year}{_('全程纪实册')}.{form}"
    response = HttpResponse(data, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response
