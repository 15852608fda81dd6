from __future__ import annotations

from django.urls import path

from .views import same

app_name = "matters"
urlpatterns = [
    path("similar/", same.similar, name="similar"),
    path("joined/", same.joined, name="joined"),
    path("<uuid:pk>/join-box/", same.join_box, name="join-box"),
    path("<uuid:pk>/join/", same.join, name="join"),
    path("<uuid:pk>/leave/", same.leave, name="leave"),
    path("<uuid:pk>/beside/", same.beside, name="beside"),
    path("<uuid:pk>/merge/", same.merge, name="merge"),
]
