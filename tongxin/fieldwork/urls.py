from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from .views import checklists, counts, desk, plans, points, round


class Verb(StringConverter):
    regex = "stop|resume|end"


register_converter(Verb, "plan_verb")

app_name = "fieldwork"
urlpatterns = [
    # On foot
    path("", round.round, name="round"),
    path("visits/<uuid:pk>/go/", round.go, name="go"),
    path("visits/<uuid:pk>/matter/", round.matter, name="matter"),
    path("visits/<uuid:pk>/received/", round.received, name="received"),
    # At the desk
    path("visits/", desk.listing, name="list"),
    path("visits/new/", desk.new, name="new"),
    path("visits/<uuid:pk>/", desk.visit, name="visit"),
    path("visits/<uuid:pk>/cancel/", desk.cancel, name="cancel"),
    path("visits/<uuid:pk>/reopen/", desk.reopen, name="reopen"),
    path("visits/<uuid:pk>/team/", desk.team, name="team"),
    path("visits/<uuid:pk>/rivals/<int:rival>/", desk.decide, name="decide"),
    path("figures/", counts.figures, name="figures"),
    # Plans
    path("plans/", plans.listing, name="plans"),
    path("plans/new/", plans.new, name="new-plan"),
    path("plans/<int:pk>/", plans.plan, name="plan"),
    path("plans/<int:pk>/change/", plans.change, name="change-plan"),
    path("plans/<int:pk>/refresh/", plans.refresh, name="refresh-plan"),
    path("plans/<int:pk>/targets/<int:target>/drop/", plans.drop, name="drop-target"),
    path("plans/<int:pk>/<plan_verb:verb>/", plans.halt, name="halt-plan"),
    # Checklists
    path("checklists/", checklists.listing, name="checklists"),
    path("checklists/new/", checklists.new, name="new-checklist"),
    path("checklists/<int:pk>/", checklists.checklist, name="checklist"),
    path("checklists/<int:pk>/preview/", checklists.preview, name="preview"),
    path("checklists/<int:pk>/own/", checklists.own, name="own-checklist"),
    path("checklists/<int:pk>/copy/", checklists.copy, name="copy-checklist"),
    path("checklists/<int:pk>/publish/", checklists.publish, name="publish-checklist"),
    path("checklists/<int:pk>/discard/", checklists.discard, name="discard-checklist"),
    path("checklists/<int:pk>/items/new/", checklists.item, name="new-item"),
    path("checklists/<int:pk>/items/<slug:code>/", checklists.item, name="item"),
    path("checklists/<int:pk>/items/<slug:code>/remove/", checklists.remove, name="remove-item"),
    # Mobile office points
    path("office-points/", points.public, name="public-points"),
    path("points/", points.listing, name="points"),
    path("points/new/", points.new, name="new-point"),
    path("points/people/", points.people, name="point-people"),
    path("visits/<uuid:pk>/announce/", points.announce, name="announce"),
]
