from __future__ import annotations

from django.urls import path

from .views import app

app_name = "mobile"
urlpatterns = [
    path("", app.app, name="app"),
    path("manifest.webmanifest", app.manifest, name="manifest"),
    path("sw.js", app.worker, name="worker"),
]
