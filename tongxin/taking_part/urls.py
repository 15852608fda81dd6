from __future__ import annotations

from django.urls import URLPattern

app_name = "taking_part"
urlpatterns: list[URLPattern] = []
