from __future__ import annotations

from django.urls import path

from .views import contests, exemplars, public, volumes

app_name = "library"
urlpatterns = [
    path("", exemplars.home, name="home"),
    path("exemplars.xlsx", exemplars.sheet, name="sheet"),
    path("new/", exemplars.new, name="new"),
    path("of/", exemplars.of, name="of"),
    path("exemplars/<int:pk>/", exemplars.exemplar, name="exemplar"),
    path("exemplars/<int:pk>/change/", exemplars.change, name="change"),
    path("exemplars/<int:pk>/do/<slug:name>/", exemplars.verb, name="verb"),
    path("exemplars/<int:pk>/versions/<int:number>/", exemplars.version, name="version"),
    path("files/<int:pk>/", exemplars.file, name="file"),
    path("public/", public.public, name="public"),
    path("public/<int:pk>/", public.read, name="read"),
    path("public/<int:pk>/print/", public.on_paper, name="print"),
    path("photos/<int:pk>/<str:size>.jpg", public.picture, name="photo"),
    path("contests/", contests.contests, name="contests"),
    path("contests/new/", contests.call, name="call"),
    path("contests/<int:pk>/", contests.contest, name="contest"),
    path("contests/<int:pk>/judge/", contests.judge, name="judge"),
    path("contests/<int:pk>/enter/", contests.enter, name="enter"),
    path("contests/<int:pk>/mark/<int:number>/", contests.mark, name="mark"),
    path("contests/<int:pk>/do/<slug:name>/", contests.step, name="contest-step"),
    path("contests/<int:pk>/ranking.xlsx", contests.ranking_sheet, name="ranking-sheet"),
    path("contests/<int:pk>/result/", contests.result, name="result"),
    path("volumes/", volumes.volumes, name="volumes"),
    path("volumes/public/", volumes.volumes_public, name="volumes-public"),
    path("volumes/new/", volumes.begin, name="begin-volume"),
    path("volumes/<int:pk>/", volumes.volume, name="volume"),
    path("volumes/<int:pk>/change/", volumes.change, name="change-volume"),
    path("volumes/<int:pk>/bind/", volumes.bind, name="bind"),
    path("volumes/<int:pk>/items/<int:item>/<slug:name>/", volumes.item, name="item"),
    path("volumes/<int:pk>/issue/", volumes.issue, name="issue-volume"),
    path("volumes/<int:pk>/volume.<str:kind>", volumes.book, name="book"),
]
