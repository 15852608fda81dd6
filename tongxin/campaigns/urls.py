from __future__ import annotations

from django.urls import path

from .views import admission, campaigns, plans

app_name = "campaigns"
urlpatterns = [
    path("", campaigns.home, name="home"),
    path("new/", campaigns.new, name="new"),
    path("<int:pk>/", campaigns.campaign, name="campaign"),
    path("<int:pk>/areas.json", campaigns.areas, name="areas"),
    path("<int:pk>/tasks/", campaigns.tasks, name="tasks"),
    path("<int:pk>/tasks.xlsx", campaigns.sheet, name="sheet"),
    path("<int:pk>/change/", campaigns.change, name="change"),
    path("<int:pk>/issue/", campaigns.issue, name="issue"),
    path("<int:pk>/chase/", campaigns.chase, name="chase"),
    path("<int:pk>/do/<slug:name>/", campaigns.verb, name="verb"),
    path("tasks/<uuid:pk>/", campaigns.task, name="task"),
    path("admission/", admission.admission, name="admission"),
    path("admission/new/", admission.new_list, name="new-list"),
    path("admission/sample/", admission.sample, name="sample"),
    path("admission/<int:pk>/publish/", admission.publish, name="publish"),
    path("approvals/", admission.approvals, name="approvals"),
    path("approvals/<int:pk>/", admission.decide, name="decide"),
    path("plans/<int:pk>/", plans.plan, name="plan"),
    path("plans/<int:pk>/ask/", plans.ask_for, name="ask-plan"),
    path("burdens/", admission.burdens, name="burdens"),
    path("burdens/new/", admission.new_burden, name="new-burden"),
    path("plates/", admission.plates, name="plates"),
    path("plates/new/", admission.new_plate, name="new-plate"),
    path("plates/<int:pk>/remove/", admission.remove_plate, name="remove-plate"),
]
