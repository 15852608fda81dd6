"""Land and calendars for the administrator."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action

from tongxin.kit.errors import Refused

from . import actions, queries
from .forms import CloseForm, RegionForm, SplitForm
from .models import DayException, Region, WorkHours


class LandAdmin(ModelAdmin):
    """Whatever is saved here, every process hears that land or calendars changed."""

    empty_value_display = "—"

    def save_model(self, request, obj, form, change) -> None:
        super().save_model(request, obj, form, change)
        actions.land_changed()

    def delete_model(self, request, obj) -> None:
        super().delete_model(request, obj)
        actions.land_changed()

    def delete_queryset(self, request, queryset) -> None:
        super().delete_queryset(request, queryset)
        actions.land_changed()


@admin.register(Region)
class RegionAdmin(LandAdmin):
    form = RegionForm
    list_display = ["name", "code", "level", "kind", "parent", "valid_from", "valid_to"]
    list_select_related = ["parent"]
    list_filter = ["level", "kind", "is_synthetic", ("valid_to", admin.EmptyFieldListFilter)]
    search_fields = ["name", "code"]
    autocomplete_fields = ["parent"]
    ordering = ["path"]
    show_full_result_count = False
    readonly_fields = ["valid_to", "successor_names", "is_synthetic", "path"]
    fieldsets = [
        (None, {"fields": [("name", "short_name"), ("code", "parent"), "kind"]}),
        (_("有效期"), {"fields": [("valid_from", "valid_to"), "successor_names"]}),
        (
            _("边界（GeoJSON，WGS-84）"),
            {"fields": ["polygon", "is_synthetic", "path"], "classes": ["collapse"]},
        ),
    ]
    actions_detail = ["split", "close"]

    def get_readonly_fields(self, request, obj=None):
        # The code is the key of every permission: a new code is a new region.
        return [*self.readonly_fields, "code", "parent"] if obj else self.readonly_fields

    def has_delete_permission(self, request, obj=None) -> bool:
        return False  # closed, never deleted: old figures stay true

    @admin.display(description=_("承接区域"))
    def successor_names(self, region: Region) -> str:
        return "、".join(region.successors.values_list("name", flat=True)) or "—"

    def choice_label(self, region: Region) -> str:
        return queries.place_name(region.path)

    def has_close_permission(self, request, object_id=None) -> bool:
        return self._is_open(request, pk=object_id)

    def has_split_permission(self, request, object_id=None) -> bool:
        return self._is_open(request, pk=object_id, level=Region.Level.GRID)

    def _is_open(self, request: HttpRequest, **wanted) -> bool:
        found = Region.objects.public().filter(valid_to__isnull=True, **wanted)
        return self.has_change_permission(request) and found.exists()

    @action(
        description=_("拆分网格"),
        icon="call_split",
        permissions=["split"],
        dialog={
            "title": _("拆分网格"),
            "description": _("原网格自该日起停用，新网格承接；以前的数据仍记在原网格上。"),
            "form_class": SplitForm,
            "form_submit_text": _("拆分"),
        },
    )
    def split(self, request: HttpRequest, form: SplitForm, object_id: int) -> HttpResponse:
        grid = self.get_object(request, object_id)
        wanted = form.cleaned_data
        return self._answer(
            request,
            grid,
            _("拆分网格"),
            lambda: actions.split_grid(grid=grid, into=wanted["into"], on=wanted["on"]),
        )

    @action(
        description=_("停用"),
        icon="block",
        permissions=["close"],
        dialog={
            "title": _("停用区域"),
            "description": _("该区域和它的全部下级自该日起停用，不能恢复。"),
            "form_class": CloseForm,
            "form_submit_text": _("停用"),
        },
    )
    def close(self, request: HttpRequest, form: CloseForm, object_id: int) -> HttpResponse:
        region = self.get_object(request, object_id)
        return self._answer(
            request,
            region,
            _("停用"),
            lambda: actions.close_region(region=region, on=form.cleaned_data["on"]),
        )

    def _answer(
        self, request: HttpRequest, region: Region, what: str | Promise, act: Callable[[], object]
    ) -> HttpResponse:
        try:
            act()
        except Refused as refusal:
            messages.error(request, refusal.message)
        else:
            done = _("%(what)s：%(region)s") % {"what": what, "region": region.name}
            self.log_change(request, region, done)
            messages.success(request, done)
        page = reverse("admin:regions_region_change", args=[region.pk])
        return HttpResponse(headers={"HX-Redirect": page})


@admin.register(WorkHours)
class WorkHoursAdmin(LandAdmin):
    list_display = ["region", "effective_from", "spans"]
    list_select_related = ["region"]
    list_filter = ["region__level"]
    search_fields = ["region__name", "region__code"]
    autocomplete_fields = ["region"]
    date_hierarchy = "effective_from"
    ordering = ["-effective_from", "region__path"]


@admin.register(DayException)
class DayExceptionAdmin(LandAdmin):
    list_display = ["day", "region", "is_workday", "name"]
    list_select_related = ["region"]
    list_filter = ["is_workday", "region__level"]
    search_fields = ["name", "region__name", "region__code"]
    autocomplete_fields = ["region"]
    date_hierarchy = "day"
    ordering = ["-day", "region__path"]
