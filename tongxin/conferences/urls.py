from __future__ import annotations

from django.http import HttpResponse
from django.urls import path

app_name = "conferences"


def x(request, **kw):
    return HttpResponse("")


urlpatterns = [
    path("", x, name="home"),
    path("bodies/<int:pk>/", x, name="body"),
    path("items/<int:pk>/", x, name="item"),
    path("resolutions/<int:pk>/", x, name="resolution"),
    path("agreements/<uuid:pk>/", x, name="agreement"),
]
