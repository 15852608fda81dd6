from __future__ import annotations

from django.urls import path

from .views import visits

app_name = "fieldwork"
urlpatterns = [
    path("", visits.round, name="round"),
    path("visits/<uuid:pk>/", visits.visit, name="visit"),
]
