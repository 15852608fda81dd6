from __future__ import annotations

from django.urls import path

from .views import draws, letters, operations, resuming, rows, sites, stops, teams

app_name = "inspections"
urlpatterns = [
    path("", operations.home, name="home"),
    path("new/", operations.new, name="new"),
    path("mine/", teams.mine, name="mine"),
    path("<int:pk>/", operations.operation, name="operation"),
    path("<int:pk>/change/", operations.change, name="change"),
    path("<int:pk>/plan/", operations.plan, name="plan"),
    path("<int:pk>/subjects/", operations.subjects, name="subjects"),
    path("<int:pk>/ask/", operations.step, {"verb": "ask"}, name="ask"),
    path("<int:pk>/approve/", operations.step, {"verb": "approve"}, name="approve"),
    path("<int:pk>/begin/", operations.step, {"verb": "begin"}, name="begin"),
    path("<int:pk>/close/", operations.close, name="close"),
    path("<int:pk>/report/", operations.report, name="report"),
    # What its figures open to
    path("<int:pk>/dispatches/", rows.dispatches, name="dispatches"),
    path("<int:pk>/visits/", rows.visits, name="visits"),
    path("<int:pk>/coverage/", rows.coverage, name="coverage"),
    path("<int:pk>/findings/", rows.findings, name="findings"),
    path("subjects/<int:pk>/", rows.subject, name="subject"),
    path("subjects/<int:pk>/drop/", rows.drop_subject, name="drop-subject"),
    # Teams and dispatches
    path("<int:pk>/teams/new/", teams.new, name="new-team"),
    path("teams/<int:pk>/", teams.team, name="team"),
    path("teams/<int:pk>/change/", teams.change, name="change-team"),
    path("teams/<int:pk>/send/", teams.send, name="send"),
    path("dispatches/<int:pk>/", teams.dispatch, name="dispatch"),
    path("dispatches/<int:pk>/add/", teams.add, name="add-stops"),
    path("dispatches/<int:pk>/crew/", teams.crew, name="crew"),
    path("dispatches/<int:pk>/cancel/", teams.cancel, name="cancel-dispatch"),
    path("stops/<int:pk>/finding/", stops.finding, name="finding"),
    # Draws, letters
    path("<int:pk>/draws/", draws.draws, name="draws"),
    path("<int:pk>/draws/new/", draws.new, name="new-draw"),
    path("draws/<int:pk>/", draws.draw, name="draw"),
    path("draws/<int:pk>/again/", draws.again, name="redraw"),
    path("<int:pk>/letters/", letters.letters, name="letters"),
    path("<int:pk>/letters/<uuid:group>/", letters.letter, name="letter"),
    # The register of sites
    path("sites/", sites.sites, name="sites"),
    path("sites/new/", sites.new, name="new-site"),
    path("sites/<int:pk>/", sites.site, name="site"),
    path("sites/<int:pk>/change/", sites.change, name="change-site"),
    path("sites/<int:pk>/close/", sites.close, name="close-site"),
    # Reopening
    path("resuming/", resuming.home, name="resuming"),
    path("resuming/conditions/", resuming.load, name="load-conditions"),
    path("resuming/new/", resuming.new, name="new-batch"),
    path("resuming/batches/<int:pk>/", resuming.batch, name="batch"),
    path("resuming/batches/<int:pk>/apply/", resuming.apply, name="apply"),
    path("resuming/batches/<int:pk>/approve/", resuming.approve, name="approve-batch"),
    path("resuming/<int:pk>/", resuming.check, name="check"),
]
