"""Kinds and numbers that a district sets for itself; ours, the samples, stand in data/. No file is here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.timezone import now
from unfold.admin import ModelAdmin

from tongxin.accounts.actions import audit

from .models import CareKind, CareRule
from .queries.rules import forget


class Told(ModelAdmin):
    """Every change is written down, and seen at once in this process."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self._tell(request, "change" if change else "add", obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._tell(request, "delete", obj)
        super().delete_model(request, obj)

    def _tell(self, request: HttpRequest, verb: str, obj: Any) -> None:
        forget()
        action = f"care.{obj._meta.model_name}.{verb}"
        audit(actor=request.user, action=action, object=str(obj), at=now())  # type: ignore[arg-type]


@admin.register(CareKind)
class CareKindAdmin(Told):
    list_display = ["code", "name", "every_days", "term_days", "forget_days", "effective_from"]
    ordering = ["code", "-effective_from"]


@admin.register(CareRule)
class CareRuleAdmin(Told):
    list_display = ["code", "region", "effective_from", "value", "source"]
    list_filter = ["code"]
    autocomplete_fields = ["region"]
    ordering = ["code", "-effective_from"]
