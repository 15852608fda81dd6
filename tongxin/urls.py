from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from tongxin.api import api, no_such_path

urlpatterns = [
    path("api/v1/", RedirectView.as_view(pattern_name="api:openapi-view")),
    path("api/v1/", api.urls),
    path("api/v1/<path:rest>", no_such_path),
    path("admin/", admin.site.urls),
    path("accounts/", include("tongxin.accounts.urls")),
    path("ui/", include("tongxin.ui.urls")),
    path("cases/", include("tongxin.cases.urls")),
    path("requests/", include("tongxin.requests.urls")),
    path("orgs/", include("tongxin.orgs.urls")),
    path("sheets/", include("tongxin.spreadsheets.urls")),
    path("meetings/", include("tongxin.meetings.urls")),
    path("affairs/", include("tongxin.affairs.urls")),
    path("secretaries/", include("tongxin.secretaries.urls")),
    path("cadres/", include("tongxin.cadres.urls")),
    path("report-in/", include("tongxin.dual_report.urls")),
    path("standards/", include("tongxin.standards.urls")),
    path("dispatching/", include("tongxin.dispatching.urls")),
    path("texts/", include("tongxin.texts.urls")),
    path("matters/", include("tongxin.matters.urls")),
    path("search/", include("tongxin.searching.urls")),
    path("open311/", include("tongxin.open311.urls")),
    path("hotline/", include("tongxin.hotline.urls")),
    path("mailbox/", include("tongxin.mailbox.urls")),
    path("photos/", include("tongxin.photos.urls")),
    path("documents/", include("tongxin.documents.urls")),
    path("findings/", include("tongxin.findings.urls")),
    path("fieldwork/", include("tongxin.fieldwork.urls")),
    path("grids/", include("tongxin.grids.urls")),
    path("inspections/", include("tongxin.inspections.urls")),
    path("care/", include("tongxin.care.urls")),
    path("campaigns/", include("tongxin.campaigns.urls")),
    path("field/", include("tongxin.mobile.urls")),
    path("", include("tongxin.portal.urls")),
]
