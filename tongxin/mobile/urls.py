from __future__ import annotations

from django.urls import path

from .views import app, conflicts, devices, signs, tracks

app_name = "mobile"
urlpatterns = [
    path("", app.app, name="app"),
    path("manifest.webmanifest", app.manifest, name="manifest"),
    path("sw.js", app.worker, name="worker"),
    path("conflicts/", conflicts.conflicts, name="conflicts"),
    path("conflicts/<int:pk>/", conflicts.conflict, name="conflict"),
    path("devices/", devices.devices, name="devices"),
    path("devices/<int:pk>/", devices.device, name="device"),
    path("devices/<int:pk>/return/", devices.give_back, name="device-return"),
    path("devices/<int:pk>/lose/", devices.lose, name="device-lose"),
    path("devices/<int:pk>/find/", devices.find, name="device-find"),
    path("duty/", tracks.duties, name="duties"),
    path("duty/<int:pk>/<str:day>/", tracks.track, name="track"),
    path("signs/", signs.signs, name="signs"),
    path("signs/print/", signs.print_signs, name="signs-print"),
    path("s/<str:code>/", signs.read_sign, name="sign-read"),
]
