"""The book of numbers: by register and year, with what each stands for, to be taken as XLSX."""

from __future__ import annotations

from io import BytesIO

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import content_disposition_header, urlencode
from django.utils.timezone import localdate, localtime, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.accounts.actions import audit
from tongxin.accounts.queries import SignedIn, address_of
from tongxin.kit.errors import NotFound
from tongxin.kit.tables_out import write_xlsx

from .. import actions, queries
from ..forms import RegisterForm, VoidNumberForm
from ..models import NumberRegister
from .common import PAGE, ask, kinds_in_use, must_have_desk, number_of, show

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORM = ["GET", "POST"]


@login_required
@require_safe
def register(request: SignedIn) -> HttpResponse:
    """Show one register of one year, newest number first."""
    must_have_desk(request.user)
    rows = list(NumberRegister.objects.visible_to(request.user).select_related("org").order_by("org__name", "pk"))  # fmt: skip
    asked, year = number_of(request, "register"), number_of(request, "year") or localdate().year
    chosen = next((row for row in rows if row.pk == asked), rows[0] if rows else None)
    before = number_of(request, "cursor")
    found, next_cursor = [], ""
    if chosen:
        numbers = queries.numbers_of(chosen, year)
        numbers = numbers.filter(serial__lt=before) if before else numbers
        found = list(numbers[: PAGE + 1])
        next_cursor = str(found[PAGE - 1].serial) if len(found) > PAGE else ""
    this = localdate().year
    filters = [
        {"name": "register", "label": _("登记簿"), "value": str(chosen.pk) if chosen else "",
         "choices": [(str(row.pk), f"{row.prefix}（{row.org.name}）") for row in rows]},
        {"name": "year", "label": _("年度"), "value": str(year),
         "choices": [(str(one), str(one)) for one in range(this, this - 5, -1)]},
    ]  # fmt: skip
    context = {
        "registers": rows,
        "chosen": chosen,
        "year": year,
        "rows": found[:PAGE],
        "next_cursor": next_cursor,
        "filters": filters,
        "may_write": bool(chosen and queries.writes_for(request.user, chosen.org)),
        "may_open": queries.units_written_for(request.user).exists(),
    }
    return show(request, "register", context, tab="register")


def _register(request: SignedIn, pk: int) -> NumberRegister:
    return get_object_or_404(
        NumberRegister.objects.visible_to(request.user).select_related("org"), pk=pk
    )


@login_required
@require_safe
def sheet(request: SignedIn, pk: int, year: int) -> HttpResponse:
    """Take a register of a year as XLSX; that it was taken is written down."""
    row = _register(request, pk)
    head = [_("发文字号"), _("标题"), _("文种"), _("主送"), _("签发人"), _("印发日期"), _("拟稿人"), _("回复期限"), _("备注")]  # fmt: skip
    out = BytesIO()
    write_xlsx(out, head, (queries.register_line(one) for one in queries.numbers_of(row, year, oldest=True)))  # fmt: skip
    audit(
        actor=request.user, action="documents.register", at=now(), address=address_of(request),
        object=f"{row.prefix} {year}",
    )  # fmt: skip
    answer = HttpResponse(out.getvalue(), content_type=XLSX)
    name = _("发文登记簿 %(prefix)s %(year)d.xlsx") % {"prefix": row.prefix, "year": year}
    answer["Content-Disposition"] = content_disposition_header(True, name)
    return answer


@login_required
@require_http_methods(FORM)
def new(request: SignedIn) -> HttpResponse:
    """Open a register."""
    must_have_desk(request.user)
    units = queries.units_written_for(request.user)
    form = RegisterForm(request.POST or None, units=units, kinds=kinds_in_use())

    def act() -> str:
        made = actions.open_register(by=request.user, at=now(), **form.cleaned_data)
        return f"{reverse('documents:register')}?{urlencode({'register': made.pk})}"

    return ask(
        request, form, act, done=_("登记簿已设立。"), tab="register", heading=_("设立发文登记簿"),
        verb=_("设立"), back=reverse("documents:register"), lede="",
    )  # fmt: skip


@login_required
@require_http_methods(FORM)
def void(request: SignedIn, pk: int) -> HttpResponse:
    """Declare a number void."""
    row = _register(request, pk)
    if not queries.writes_for(request.user, row.org):
        raise NotFound(_("没有找到这个登记簿，或不由您的单位管理。"))
    form = VoidNumberForm(request.POST or None)
    back = f"{reverse('documents:register')}?{urlencode({'register': row.pk})}"

    def act() -> str:
        actions.void_number(row, by=request.user, at=now(), **form.cleaned_data)
        return back

    return ask(
        request, form, act, done=_("已作废，号码保留在登记簿里。"), tab="register", heading=_("作废字号"),
        verb=_("作废"), back=back, lede=f"{row.prefix}〔{localtime(now()).year}〕",
    )  # fmt: skip
