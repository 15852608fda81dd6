"""The volunteers' ledger of points and hours, to be looked at."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RangeDateTimeFilter

from .models import PointEntry


@admin.register(PointEntry)
class PointEntryAdmin(ModelAdmin):
    list_display = ["at", "user", "points", "hours", "reason", "by"]
    list_select_related = ["user", "by"]
    list_filter = [("at", RangeDateTimeFilter)]
    list_filter_submit = True
    search_fields = ["user__username", "user__name"]
    search_help_text = _("按姓名、用户名查找")
    ordering = ["-pk"]
    show_full_result_count = False
    fields = ["at", "user", "points", "minutes", "reason", "event", "by"]

    @admin.display(description=_("时长（小时）"), ordering="minutes")
    def hours(self, entry: PointEntry) -> str:
        return f"{entry.minutes / 60:.1f}"

    # Written by the loop alone; what is wrong is corrected by another line.

    def has_add_permission(self, request, obj=None) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False
