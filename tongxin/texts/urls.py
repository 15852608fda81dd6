from __future__ import annotations

from django.urls import path

from . import views

app_name = "texts"
urlpatterns = [
    path("", views.models, name="models"),
    path("train/", views.train, name="train"),
    path("stop/", views.stop, name="stop"),
    path("suggest/", views.suggest, name="suggest"),
    path("cases/<uuid:pk>/", views.case, name="case"),
    path("cases/<uuid:pk>/adopt/", views.adopt, name="adopt"),
    path("cases/<uuid:pk>/reply/", views.reply, name="reply"),
    path("<int:pk>/", views.version, name="version"),
    path("<int:pk>/progress/", views.progress, name="progress"),
    path("<int:pk>/use/", views.use, name="use"),
]
