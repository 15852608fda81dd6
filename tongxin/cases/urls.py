from django.urls import path

from .views import case, routing

app_name = "cases"
urlpatterns = [
    path("<uuid:pk>/", case.detail, name="detail"),
    path("<uuid:pk>/print/", case.print_out, name="print"),
    path("<uuid:pk>/chain/", case.check, name="chain"),
    path("<uuid:pk>/route/", routing.of_case, name="routing-case"),
    path("<uuid:pk>/moves/<slug:name>/", case.move, name="move"),
    path("evidence/<uuid:pk>/", case.evidence, name="evidence"),
    path("evidence/<uuid:pk>/thumb/", case.evidence, {"thumb": True}, name="thumb"),
    path("evidence/<uuid:pk>/photo/", case.photo, name="photo"),
    # Who handles what
    path("routing/", routing.home, name="routing"),
    path("routing/draft/", routing.begin, name="routing-draft"),
    path("routing/explain/", routing.ask, name="routing-explain"),
    path("routing/history/", routing.history, name="routing-history"),
    path("routing/<int:pk>/", routing.table, name="routing-table"),
    path("routing/<int:pk>/rules/new/", routing.rule, name="routing-new-rule"),
    path("routing/<int:pk>/rules/<slug:code>/", routing.rule, name="routing-rule"),
    path("routing/<int:pk>/rules/<slug:code>/drop/", routing.drop, name="routing-drop"),
    path("routing/<int:pk>/trial/", routing.trial, name="routing-trial"),
    path("routing/<int:pk>/publish/", routing.publish, name="routing-publish"),
    path("routing/<int:pk>/end/", routing.end, name="routing-end"),
    path("routing/<int:pk>/discard/", routing.discard, name="routing-discard"),
    path("routing/<int:pk>/rules.xlsx", routing.sheet, name="routing-sheet"),
    path("routing/<int:pk>/upload/", routing.upload, name="routing-upload"),
]
