from __future__ import annotations

from django.urls import path

from .views import common_findings, detail, ledger, units

app_name = "findings"
urlpatterns = [
    path("", ledger.home, name="home"),
    path("figures/", ledger.figures, name="figures"),
    path("new/", detail.record, name="record"),
    path("mine/", units.mine, name="mine"),
    path("groups/", common_findings.groups, name="groups"),
    path("groups/new/", common_findings.make, name="make-group"),
    path("groups/<uuid:pk>/", common_findings.group, name="group"),
    path("groups/<uuid:pk>/self-check/", common_findings.start, name="start-round"),
    path("rounds/<uuid:pk>/", common_findings.round_page, name="round"),
    path("rounds/<uuid:pk>/chase/", common_findings.chase, name="chase"),
    path("self-checks/<int:pk>/", units.self_check, name="self-check"),
    path("reports/<uuid:pk>/", units.report, name="report"),
    path("<uuid:pk>/", detail.finding, name="finding"),
    path("<uuid:pk>/correct/", detail.correct, name="correct"),
    path("<uuid:pk>/order/", detail.order, name="order"),
    path("<uuid:pk>/duties/", detail.duties, name="duties"),
    path("<uuid:pk>/void/", detail.void, name="void"),
    path("<uuid:pk>/names/", detail.names, name="names"),
    path("<uuid:pk>/call/", detail.call, name="call"),
    path("<uuid:pk>/payment/", detail.payment, name="payment"),
    path("<uuid:pk>/leave/", common_findings.leave, name="leave-group"),
    path("payments/<int:pk>/receipt/", detail.receipt, name="receipt"),
    path("payments/<int:pk>/revoke/", detail.revoke, name="revoke"),
]
