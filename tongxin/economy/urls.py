from __future__ import annotations

from django.urls import path

from .views import counts, firms, projects, villages

app_name = "economy"
urlpatterns = [
    path("", counts.home, name="home"),
    path("areas.json", counts.areas, name="areas"),
    path("villages.xlsx", counts.sheet, name="sheet"),
    path("villages/<str:code>/", villages.village, name="village"),
    path("villages/<str:code>/income/", villages.income, name="income"),
    path("villages/<str:code>/report/", villages.report, name="report"),
    path("villages/<str:code>/sale/", villages.sale, name="sale"),
    path("villages/<str:code>/project/", projects.new, name="new-project"),
    path("years/<int:pk>/verify/", villages.verify, name="verify"),
    path("years/<int:pk>/reopen/", villages.reopen, name="reopen"),
    path("incomes/<int:pk>/withdraw/", villages.withdraw, name="withdraw"),
    path("projects/", projects.projects, name="projects"),
    path("projects/<int:pk>/", projects.project, name="project"),
    path("projects/<int:pk>/do/<slug:name>/", projects.verb, name="verb"),
    path("stages/<int:pk>/", projects.stage, name="stage"),
    path("subsidies/<int:pk>/<slug:name>/", projects.subsidy, name="subsidy"),
    path("firms/", firms.firms, name="firms"),
    path("firms/new/", firms.new, name="new-firm"),
    path("firms/<int:pk>/", firms.firm, name="firm"),
    path("firms/<int:pk>/reserve/", firms.reserve, name="reserve"),
    path("firms/<int:pk>/pair/", firms.pair, name="pair"),
    path("pairs/<int:pk>/end/", firms.end_pair, name="end-pair"),
    path("pairs/<int:pk>/sign/", firms.sign, name="sign"),
    path("links/<int:pk>/share/", firms.share, name="share"),
]
