from __future__ import annotations

from django.urls import URLPattern, path

from .views import campaigns, going, ledgers, matching, sites, wall

app_name = "renovation"
urlpatterns: list[URLPattern] = [
    path("", campaigns.home, name="home"),
    path("new/", campaigns.new, name="new"),
    path("<int:pk>/", campaigns.campaign, name="campaign"),
    path("<int:pk>/wall/", wall.wall, name="wall"),
    path("<int:pk>/wall.json", wall.data, name="wall-data"),
    path("<int:pk>/points.json", wall.points, name="points"),
    path("<int:pk>/sites/", campaigns.sites, name="sites"),
    path("<int:pk>/sites.xlsx", campaigns.sheet, name="sheet"),
    path("<int:pk>/alarms/", campaigns.alarms, name="alarms"),
    path("<int:pk>/ledgers/", ledgers.ledgers, name="ledgers"),
    path("<int:pk>/ledgers/new/", ledgers.new_holding, name="new-holding"),
    path("<int:pk>/ledgers/<int:holding_pk>/", ledgers.holding, name="holding"),
    path(
        "<int:pk>/ledgers/<int:holding_pk>/do/<slug:name>/",
        ledgers.holding_verb,
        name="holding-verb",
    ),
    path("<int:pk>/matching/", matching.matching, name="matching"),
    path("<int:pk>/matching/run/", matching.run, name="run"),
    path("<int:pk>/push/", going.push, name="push"),
    path("<int:pk>/bulletin/", going.bulletin, name="bulletin"),
    path("<int:pk>/finish/", going.finish, name="finish"),
    path("<int:pk>/do/<slug:name>/", going.verb, name="verb"),
    path("matches/<int:pk>/confirm/", matching.confirm, name="confirm"),
    path("matches/<int:pk>/drop/", matching.drop, name="drop"),
    path("matches/<int:pk>/give/", matching.give, name="give"),
    path("slips/<int:pk>/", going.slip, name="slip"),
    path("difficulties/<int:pk>/solve/", going.solve, name="solve"),
    path("difficulties/<int:pk>/lift/", going.lift, name="lift"),
    path("sites/<int:pk>/", sites.site, name="site"),
    path("sites/<int:pk>/do/<slug:name>/", sites.verb, name="site-verb"),
]
