from __future__ import annotations

from django.urls import path

from .views import boards, dossiers, files, fragments, owners, parks, projects

app_name = "alliances"
urlpatterns = [
    path("", boards.home, name="home"),
    path("new/", boards.new, name="new"),
    path("ours/", boards.work, name="work"),
    path("leads/", dossiers.leads, name="leads"),
    path("<int:pk>/", boards.alliance, name="alliance"),
    path("<int:pk>/do/<slug:name>/", boards.verb, name="alliance-verb"),
    path("<int:pk>/take-on/", boards.take_on, name="take-on"),
    path("desks/<int:pk>/do/<slug:name>/", boards.desk_verb, name="desk-verb"),
    path("projects/<int:pk>/", projects.project, name="project"),
    path("projects/<int:pk>/do/<slug:name>/", projects.verb, name="project-verb"),
    path("projects/<int:pk>/calendar.ics", projects.calendar, name="calendar"),
    path("indicators/<int:pk>/read/", projects.read_indicator, name="read-indicator"),
    path("points/<int:pk>/answer/", projects.answer_point, name="answer-point"),
    path("meetings/<int:pk>/points/", projects.raise_point, name="raise-point"),
    path("dossiers/<int:pk>/", dossiers.dossier, name="dossier"),
    path("dossiers/<int:pk>/do/<slug:name>/", dossiers.verb, name="dossier-verb"),
    path("approvals/<int:pk>/do/<slug:name>/", dossiers.item_verb, name="item-verb"),
    path("approvals/<int:pk>/files/", files.files, name="files"),
    path("files/<int:pk>/", files.file, name="file"),
    path("files/<int:pk>/remove/", files.remove, name="remove-file"),
    path("approvals/of/", fragments.approvals_of, name="approvals_of"),
    path("letters/<int:pk>/renew/", dossiers.renew, name="renew-letter"),
    path("rate/<str:token>/", owners.rate, name="rate"),
    path("answer/<str:token>/", owners.answer, name="answer"),
    path("mine/", owners.mine, name="mine"),
    path("mine/satisfaction/<int:pk>/", owners.rate_own, name="rate-own"),
    path("mine/cases/<uuid:pk>/<slug:name>/", owners.own_move, name="own-move"),
    path("parks/", parks.parks, name="parks"),
    path("parks/new/", parks.new, name="new-park"),
    path("parks/<int:pk>/", parks.park, name="park"),
    path("parks/<int:pk>/enterprises/", parks.enterprises, name="enterprises"),
    path("parks/<int:pk>/problems/", parks.problems, name="problems"),
    path("parks/<int:pk>/do/<slug:name>/", parks.verb, name="park-verb"),
    path("enterprises/<int:pk>/do/<slug:name>/", parks.enterprise_verb, name="enterprise-verb"),
]
