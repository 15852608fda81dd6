from __future__ import annotations

from django.http import HttpResponse
from django.urls import path

app_name = "projects"


def _soon(request, **words):
    return HttpResponse("")


urlpatterns = [
    path("", _soon, name="home"),
    path("tasks/<uuid:pk>/", _soon, name="task"),
    path("problems/<uuid:pk>/", _soon, name="problem"),
    path("<int:pk>/monthly/", _soon, name="monthly"),
]
