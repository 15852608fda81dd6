"""Addresses of advice, plans and simulations."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "dispatching"
urlpatterns = [
    path("weights/", views.weights, name="weights"),
    path("cases/<uuid:pk>/advice/", views.advice, name="advice"),
    path("cases/<uuid:pk>/why-not/", views.why_not, name="why-not"),
]
