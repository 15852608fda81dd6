"""The catalogue of delegated services, which a district sets for itself."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.timezone import now
from unfold.admin import ModelAdmin

from tongxin.accounts.actions import audit

from .models import DelegatedService


@admin.register(DelegatedService)
class DelegatedServiceAdmin(ModelAdmin):
    """A service that was used is ended by its day and followed by another version."""

    list_display = [
        "code", "version", "name", "category", "days", "effective_from", "effective_to", "is_sample",
    ]  # fmt: skip
    list_filter = ["category", "is_sample"]
    search_fields = ["code", "name"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        verb = f"centres.service.{'change' if change else 'add'}"
        audit(actor=request.user, action=verb, object=str(obj)[:100], at=now())  # type: ignore[arg-type]
