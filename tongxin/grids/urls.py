from __future__ import annotations

from django.urls import path

from .views import catalogue, components, grids, problems

app_name = "grids"
urlpatterns = [
    path("", grids.home, name="home"),
    path("load/", grids.load, name="load"),
    path("components/", components.components, name="components"),
    path("components/points.json", components.points, name="component-points"),
    path("components/new/", components.new, name="new-component"),
    path("components/<str:code>/", components.component, name="component"),
    path("components/<str:code>/facts/", components.facts, name="component-facts"),
    path("problems/", problems.problems, name="problems"),
    path("problems/new/", problems.new, name="new-problem"),
    path("problems/<int:pk>/", problems.problem, name="problem"),
    path("problems/<int:pk>/close/", problems.close, name="close-problem"),
    path("catalogue/", catalogue.catalogue, name="catalogue"),
    path("catalogue/new/", catalogue.extend, name="extend"),
    path("catalogue/<int:pk>/", catalogue.item, name="item"),
    path("catalogue/<int:pk>/end/", catalogue.end, name="end-item"),
    path("conditions/<uuid:pk>/", catalogue.conditions, name="conditions"),
    path("services/<int:pk>/end/", grids.end_service, name="end-service"),
    path("<str:code>/", grids.grid, name="grid"),
    path("<str:code>/cases/", grids.cases, name="cases"),
    path("<str:code>/profile/", grids.profile, name="profile"),
    path("<str:code>/head/", grids.head, name="head"),
    path("<str:code>/services/new/", grids.service, name="new-service"),
]
