from django.urls import path, re_path

from .views import logbook, people, people_me, people_transfers, people_verbs, units, verbs

app_name = "orgs"
urlpatterns = [
    path("units/", units.units, name="units"),
    path("units/tree/", units.tree, name="tree"),
    path("units/<int:pk>/", units.unit, name="unit"),
    path("units/<int:pk>/changes/", units.changes, name="changes"),
    path("units/<int:pk>/do/<slug:verb>/", verbs.change, name="change"),
    # The book of a unit's year
    path("<int:pk>/log/", logbook.newest, name="log-newest"),
    path("<int:pk>/log/<int:year>/", logbook.book, name="log"),
    re_path(
        r"^(?P<pk>\d{1,18})/log/(?P<year>\d{4})/book\.(?P<form>docx|pdf)$",
        logbook.document,
        name="log-document",
    ),
    # People and their membership
    path("me/", people_me.me, name="me"),
    path("me/serve/", people_me.serve, name="me-serve"),
    path("me/report/", people_me.report, name="me-report"),
    path("people/", people.register, name="people"),
    path("people/new/", people.enrol, name="enrol"),
    path("people/figures/", people.figures, name="people-figures"),
    path("people/guests/", people.guests, name="guests"),
    path("people/pairings/", people_verbs.pairings, name="pairings"),
    re_path(
        r"^people/pairings/(?P<pk>\d{1,18})/(?P<name>visit|end)/$",
        people_verbs.pairing,
        name="pairing",
    ),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/edit/", people.change, name="change-person"),
    re_path(
        r"^people/(?P<pk>\d{1,18})/show/(?P<field>identity|phone)/$",
        people.unmask,
        name="unmask-person",
    ),
    path("people/<int:pk>/do/<slug:name>/", people_verbs.verb, name="person-verb"),
    path("people/<int:pk>/transfer/", people_transfers.start, name="start-transfer"),
    path("transfers/", people_transfers.inbox, name="transfers"),
    path("transfers/new/", people_transfers.ask, name="ask-transfer"),
    path("transfers/<int:pk>/", people_transfers.transfer, name="transfer"),
    path("transfers/<int:pk>/slip/", people_transfers.slip, name="transfer-slip"),
    path("transfers/<int:pk>/confirm/", people_transfers.confirm, name="confirm-transfer"),
    path(
        "transfers/<int:pk>/refuse/",
        people_transfers.close,
        {"name": "refuse"},
        name="refuse-transfer",
    ),
    path(
        "transfers/<int:pk>/withdraw/",
        people_transfers.close,
        {"name": "withdraw"},
        name="withdraw-transfer",
    ),
]
