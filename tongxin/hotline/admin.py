"""The quick answers, to be kept up to date by who installs the system."""

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
    search_help_text = _("按代码、问题、说法查找")
    fields = ["code", "title", "text", "keywords", "source", "checked_on", "is_sample", "is_active"]
