"""Which address belongs to which community."""

from __future__ import annotations

from django.contrib import admin
from unfold.admin import ModelAdmin

from .models import Address


@admin.register(Address)
class AddressAdmin(ModelAdmin):
    list_display = ["address", "region", "is_active"]
    list_select_related = ["region"]
    list_filter = ["is_active"]
    search_fields = ["address", "region__name"]
    autocomplete_fields = ["region"]
