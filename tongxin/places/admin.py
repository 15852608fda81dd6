"""The data by which centres are kept: kinds of rooms, limits of booking, standards, checklists."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.timezone import now
from unfold.admin import ModelAdmin

from tongxin.accounts.actions import audit

from .models import BookingRule, PhaseItem, RoomKind, SignStandard


class KeptAdmin(ModelAdmin):
    """What was used is ended by its day and followed by another version; every change is written down."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        verb = f"places.{obj._meta.model_name}.{'change' if change else 'add'}"
        audit(actor=request.user, action=verb, object=str(obj)[:100], at=now())  # type: ignore[arg-type]


@admin.register(RoomKind)
class RoomKindAdmin(KeptAdmin):
    list_display = ["code", "name", "use", "is_service", "is_care", "is_sample"]
    list_filter = ["use", "is_sample"]
    search_fields = ["code", "name"]


@admin.register(BookingRule)
class BookingRuleAdmin(KeptAdmin):
    list_display = [
        "effective_from", "region", "kind", "room", "most_minutes", "lead_minutes", "ahead_days",
        "most_open", "is_sample",
    ]  # fmt: skip
    list_select_related = ["region", "kind", "room"]
    raw_id_fields = ["region", "room"]
    ordering = ["-effective_from", "pk"]


@admin.register(SignStandard)
class SignStandardAdmin(KeptAdmin):
    list_display = [
        "code",
        "version",
        "name",
        "is_required",
        "effective_from",
        "effective_to",
        "is_sample",
    ]
    search_fields = ["code", "name"]


@admin.register(PhaseItem)
class PhaseItemAdmin(KeptAdmin):
    list_display = ["code", "version", "phase", "text", "points", "effective_from", "effective_to"]
    list_filter = ["phase", "is_sample"]
