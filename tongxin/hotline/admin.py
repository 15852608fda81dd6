"""The quick answers as they are; they are kept up to date at the hotline, where each change is kept."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from .models import QuickAnswer


@admin.register(QuickAnswer)
class QuickAnswerAdmin(ModelAdmin):
    list_display = ["code", "title", "source", "checked_on", "is_sample", "is_active"]
    list_filter = ["is_active", "is_sample"]
    search_fields = ["code", "title", "keywords", "text"]
    search_help_text = _("按代码、问题、说法查找；修改在热线的“常用答复”页")
    fields = ["code", "title", "text", "keywords", "source", "checked_on", "is_sample", "is_active"]

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False
