"""Brands at a desk and for everybody: by family, on the map, one with its indicators."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.accounts.queries import SignedIn
from tongxin.documents.queries import writes_for
from tongxin.documents.scope import desks_of
from tongxin.kit.errors import NotFound
from tongxin.kit.tables_out import write_xlsx
from tongxin.ui.paging import page_of

from .. import actions, queries
from ..forms import (
    BrandForm,
    BrandPhotosForm,
    BrandStateForm,
    BrandWords,
    IndicatorsForm,
    ValuesForm,
)
from ..models import Brand
from .common import FORM, PAGE, XLSX, ask, must_have_desk, segments, show

TONES = {"growing": "working", "standing": "done", "retired": "idle"}
ON_MAP = 300


def _families() -> Any:
    """Return the families; a new installation gets those of the software."""
    if not queries.families():
        actions.load_families()
    return queries.family_rows()


def _listed(request: HttpRequest, rows: Any) -> dict[str, Any]:
    families = list(_families())
    chosen = request.GET.get("family", "")
    rows = rows.filter(family__code=chosen) if chosen in {f.code for f in families} else rows
    related = rows.select_related("family", "org", "region").defer("region__polygon")
    found, following = page_of(related, request.GET.get("cursor", ""), PAGE)
    return {
        "rows": [{"one": one, "tone": TONES[one.state]} for one in found],
        "next_cursor": following,
        "families": segments(
            request, "family", [("", _("全部")), *((f.code, f.name) for f in families)], chosen
        ),
        "shown": related,
    }


@login_required
@require_safe
def brands(request: SignedIn) -> HttpResponse:
    """List the brands the reader sees, family by family, and on the map."""
    context = _listed(request, Brand.objects.visible_to(request.user))
    on_map = list(context.pop("shown").exclude(state="retired").order_by("-pk")[:ON_MAP])
    context |= {
        "points": queries.points_of(on_map, "library:brand"),
        "may_register": bool(desks_of(request.user)),
    }
    return show(request, "brands", context, tab="brands")


@require_safe
def brands_public(request: HttpRequest) -> HttpResponse:
    """List the brands for everybody."""
    context = _listed(request, Brand.objects.public())
    on_map = list(context.pop("shown").order_by("-pk")[:ON_MAP])
    context["points"] = queries.points_of(on_map, "library:brand-read")
    return render(request, "library/brands_public.html", context)


@login_required
@require_http_methods(FORM)
def register(request: SignedIn) -> HttpResponse:
    """Register a brand."""
    must_have_desk(request.user)
    form = BrandForm(
        request.POST or None, families=_families(), orgs=queries.own_units(request.user),
        methods=queries.methods(), initial={"key": uuid4().hex, "since": localdate()},
    )  # fmt: skip

    def act() -> str:
        made = actions.register_brand(by=request.user, at=now(), **form.cleaned_data)
        return reverse("library:brand", args=[made.pk])

    return ask(
        request, form, act, done=_("品牌已登记。"), tab="brands", heading=_("登记品牌"),
        lede=_("一村一品一策；各领域的品牌按系列登记，各有指标。"), verb=_("保存"),
        back=reverse("library:brands"),
    )  # fmt: skip


def seen(request: HttpRequest, pk: int) -> Brand:
    rows = Brand.objects.visible_to(request.user).select_related(
        "family", "org", "region", "method"
    )
    return get_object_or_404(rows.defer("region__polygon"), pk=pk)


def _led(request: SignedIn, pk: int) -> Brand:
    one = seen(request, pk)
    if not writes_for(request.user, one.org):
        raise NotFound(_("没有找到这个品牌，或不由您管。"))
    return one


def _told(one: Brand) -> dict[str, Any]:
    return {
        "one": one, "tone": TONES[one.state], "photos": list(one.photos.all()),
        **queries.indicators_of(one),
    }  # fmt: skip


@login_required
@require_safe
def brand(request: SignedIn, pk: int) -> HttpResponse:
    """Show a brand with its indicators, period by period."""
    one = seen(request, pk)
    leads = writes_for(request.user, one.org) and one.state != "retired"
    return show(request, "brand", _told(one) | {"leads": leads}, tab="brands")


@require_safe
def brand_read(request: HttpRequest, pk: int) -> HttpResponse:
    """Show everybody a brand; the opening is counted."""
    rows = Brand.objects.public().select_related("family", "org", "region", "method")
    one = get_object_or_404(rows.defer("region__polygon"), pk=pk)
    actions.count_read(subject="brand", object=pk, on=localdate())
    reads = queries.reads_of("brand", [pk]).get(pk, 0)
    return render(request, "library/brand_read.html", _told(one) | {"reads": reads})


@login_required
@require_http_methods(FORM)
def verb(request: SignedIn, pk: int, name: str) -> HttpResponse:
    """Change the words, set indicators, record values, name or retire, add pictures."""
    one = _led(request, pk)
    data = request.POST if request.method == "POST" else None
    back = reverse("library:brand", args=[pk])
    form: Any
    if name == "values":
        rows = list(one.indicators.all())
        form = ValuesForm(data, indicators=rows, initial={"period": str(localdate().year)})
        heading = _("填报指标")
    elif name == "indicators":
        lines = [f"{i.name} {i.unit or '—'} {i.target.normalize():f}" if i.target is not None else f"{i.name} {i.unit}".strip() for i in one.indicators.all()]  # fmt: skip
        form = IndicatorsForm(data, initial={"indicators": "\n".join(lines)})
        heading = _("设定指标")
    elif name == "state":
        form, heading = BrandStateForm(data, initial={"state": one.state}), _("命名或撤销")
    elif name == "photos":
        form, heading = BrandPhotosForm(data, request.FILES or None), _("增加照片")
    elif name == "words":
        names = ("slogan", "product", "plan", "story", "method")
        initial = {n: getattr(one, n) for n in names}
        form = BrandWords(data, methods=queries.methods(), initial=initial)
        heading = _("修改介绍")
    else:
        raise NotFound(_("没有这个操作。"))

    def act() -> str:
        _act(one, name, form, request)
        return back

    return ask(
        request, form, act, done=_("已保存。"), tab="brands", heading=heading, lede=one.name,
        verb=_("保存"), back=back,
    )  # fmt: skip


def _act(one: Brand, name: str, form: Any, request: SignedIn) -> None:
    by, at = request.user, now()
    if name == "values":
        actions.record_values(
            one, period=form.cleaned_data["period"], values=form.values, by=by, at=at
        )
    elif name == "indicators":
        actions.set_indicators(one, by=by, at=at, **form.cleaned_data)
    elif name == "state":
        actions.set_brand_state(one, by=by, at=at, **form.cleaned_data)
    elif name == "photos":
        for data in form.cleaned_data["photos"]:
            actions.add_brand_photo(
                one, data=data, caption=form.cleaned_data["caption"], by=by, at=at
            )
    else:
        actions.change_brand(one, by=by, at=at, **form.cleaned_data)


@require_safe
def picture(request: HttpRequest, pk: int, size: str) -> FileResponse:
    """Answer with a picture of a brand the reader may see."""
    rows = Brand.objects.visible_to(request.user)
    photo = get_object_or_404(rows, photos=pk).photos.select_related("photo").get(pk=pk).photo
    try:
        opened = (photo.thumb if size == "thumb" else photo.file).open()
    except FileNotFoundError:
        raise Http404(_("照片文件已不在，请联系管理员。")) from None
    answer = FileResponse(opened, content_type="image/jpeg")
    answer["Cache-Control"] = "private, max-age=3600"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@login_required
@require_safe
def sheet(request: SignedIn) -> HttpResponse:
    """Give the brands the reader sees with their latest values as XLSX."""
    rows = Brand.objects.visible_to(request.user).select_related("family", "org", "region").defer("region__polygon")  # fmt: skip
    table = []
    for one in rows.prefetch_related("indicators__values").order_by("pk")[:2000]:
        values = []
        for indicator in one.indicators.all():
            got = max(indicator.values.all(), key=lambda v: v.period, default=None)
            values.append(f"{indicator.name} {got.value.normalize():f}{indicator.unit}（{got.period}）" if got else indicator.name)  # fmt: skip
        table.append([one.family.name, one.name, one.org.name, one.region.name, one.product, one.plan,
                      one.get_state_display(), one.since.isoformat(), "；".join(values)])  # fmt: skip
    header = [_("系列"), _("品牌"), _("所属单位"), _("所在地"), _("一品"), _("一策"), _("状态"), _("创建日期"), _("指标")]  # fmt: skip
    answer = HttpResponse(content_type=XLSX)
    answer["Content-Disposition"] = 'attachment; filename="brands.xlsx"'
    write_xlsx(answer, header, table, sheet=_("党建品牌"))
    return answer
