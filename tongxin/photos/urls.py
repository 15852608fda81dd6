from __future__ import annotations

from django.urls import path

from . import views

app_name = "photos"
urlpatterns = [
    path("<uuid:pk>/", views.file, name="file"),
    path("<uuid:pk>/thumb/", views.thumb, name="thumb"),
    path("<uuid:pk>/origin/", views.origin, name="origin"),
]
