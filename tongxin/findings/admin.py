"""Kinds of findings, which a district sets for itself; ours, the samples, stand in data/."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.timezone import now
from unfold.admin import ModelAdmin

from tongxin.accounts.actions import audit

from .models import FindingKind


@admin.register(FindingKind)
class FindingKindAdmin(ModelAdmin):
    """A kind that was used is ended by its day, not deleted; every change is written down."""

    list_display = [
        "code",
        "name",
        "category",
        "days",
        "effective_from",
        "effective_to",
        "is_sample",
    ]
    list_filter = ["category", "is_sample"]
    search_fields = ["code", "name"]
    ordering = ["code"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        verb = "change" if change else "add"
        audit(actor=request.user, action=f"finding.kind.{verb}", object=obj.code, at=now())  # type: ignore[arg-type]
