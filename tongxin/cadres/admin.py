"""The numbers of the rules, for the administrator: a new row from a day on, never a changed past."""

from __future__ import annotations

from django.contrib import admin
from django.utils.timezone import localdate
from unfold.admin import ModelAdmin

from .models import Rule


@admin.register(Rule)
class RuleAdmin(ModelAdmin):
    list_display = ["code", "effective_from", "params", "source", "is_sample"]
    list_filter = ["code"]
    ordering = ["code", "-effective_from"]
    fields = ["code", "effective_from", "params", "source", "is_sample"]

    def has_change_permission(self, request, obj=None) -> bool:
        """What is in force has been reckoned with; a later row replaces it."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or obj.effective_from > localdate())

    def has_delete_permission(self, request, obj=None) -> bool:
        return self.has_change_permission(request, obj) and obj is not None
