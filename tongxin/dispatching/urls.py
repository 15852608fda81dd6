"""Addresses of advice, plans and simulations."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "dispatching"
urlpatterns = [
    path("plans/", views.plans, name="plans"),
    path("plans/<int:pk>/", views.plan, name="plan"),
    path("plans/<int:pk>/act/", views.act, name="plan-act"),
    path("plans/<int:pk>/lines/<int:row>/", views.line, name="plan-line"),
    path("plans/<int:pk>/lines/<int:row>/change/", views.change, name="plan-change"),
    path("simulations/", views.simulations, name="simulations"),
    path("simulations/<int:pk>/", views.simulation, name="simulation"),
    path("simulations/<int:pk>/report/", views.report, name="simulation-report"),
    path("weights/", views.weights, name="weights"),
    path("cases/<uuid:pk>/advice/", views.advice, name="advice"),
    path("cases/<uuid:pk>/why-not/", views.why_not, name="why-not"),
]
