from __future__ import annotations

from django.urls import path

from .views import assessments, frame, goals, land, programmes, rates

app_name = "standards"
urlpatterns = [
    path("", programmes.home, name="home"),
    path("programmes/new/", programmes.new, name="new-programme"),
    path("programmes/<int:pk>/", programmes.programme, name="programme"),
    path("programmes/<int:pk>/campaign/", programmes.campaign, name="campaign"),
    path("programmes/<int:pk>/close/", programmes.close, name="close-programme"),
    path("programmes/<int:pk>/goals/new/", goals.new, name="new-goal"),
    path("goals/<int:pk>/", goals.goal, name="goal"),
    path("goals/<int:pk>/change/", goals.change, name="change-goal"),
    path("goals/<int:pk>/accept/", goals.accept, name="accept-goal"),
    # Who meets the frame
    path("rates/", rates.page, name="rates"),
    path("rates/<int:unit>/part/", rates.part, name="rate-part"),
    path("assessments/", assessments.listing, name="assessments"),
    path("assessments/below/<int:unit>/", assessments.below, name="assess-below"),
    path("assessments/of/<int:unit>/", assessments.assess, name="assess"),
    path("assessments/<int:pk>/", assessments.assessment, name="assessment"),
    path("assessments/<int:pk>/confirm/", assessments.confirm, name="confirm"),
    path("assessments/<int:pk>/reopen/", assessments.reopen, name="reopen"),
    path("assessments/items/<int:pk>/", assessments.rule, name="rule"),
    path("frame/", frame.page, name="frame"),
    path("frame/load/", frame.load, name="load-frame"),
    path("frame/new/", frame.new, name="new-frame"),
    path("frame/<int:pk>/items.csv", frame.download, name="frame-items"),
    # Places
    path("indicators/", land.indicators, name="indicators"),
    path("buildings/", land.buildings, name="buildings"),
    path("buildings/<str:code>/", land.building, name="building"),
]
