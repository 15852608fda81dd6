"""The rules of grids that an administrator keeps: duties, which function a case serves, the size.

A rule is not rewritten in place once it holds: a new row with a later day follows it.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from .models import FunctionRule, GridDuty, GridNorm


class RuleAdmin(ModelAdmin):
    list_filter = ("effective_from",)
    list_per_page = 50

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # figures of an earlier day are explained by the rule of that day


@admin.register(FunctionRule)
class FunctionRuleAdmin(RuleAdmin):
    list_display = ("function", "category", "topic", "kind", "effective_from", "is_sample")
    list_select_related = ("category", "topic")
    autocomplete_fields = ("topic",)
    fields = ("function", "category", "topic", "kind", "effective_from", "source", "is_sample")


@admin.register(GridDuty)
class GridDutyAdmin(RuleAdmin):
    list_display = ("order", "name", "text", "effective_from")


@admin.register(GridNorm)
class GridNormAdmin(RuleAdmin):
    list_display = ("code", "value", "effective_from", "is_sample")
