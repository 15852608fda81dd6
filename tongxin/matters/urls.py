from __future__ import annotations

from django.urls import path

from .views import hot, same

app_name = "matters"
urlpatterns = [
    path("similar/", same.similar, name="similar"),
    path("joined/", same.joined, name="joined"),
    path("<uuid:pk>/join-box/", same.join_box, name="join-box"),
    path("<uuid:pk>/join/", same.join, name="join"),
    path("<uuid:pk>/leave/", same.leave, name="leave"),
    path("<uuid:pk>/beside/", same.beside, name="beside"),
    path("<uuid:pk>/merge/", same.merge, name="merge"),
    path("hot/", hot.board, name="hot"),
    path("hot/run/", hot.run, name="hot-run"),
    path("hot/<int:pk>/", hot.topic, name="topic"),
    *(
        path(f"hot/<int:pk>/{what}/", hot.mend, {"what": what}, name=f"topic-{what}")
        for what in hot.MENDED
    ),
]
