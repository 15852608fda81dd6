from django.urls import path

from .views import choosing, grading, helping, standing, villages

app_name = "secretaries"
urlpatterns = [
    path("", standing.home, name="home"),
    # Villages
    path("villages/", villages.coverage, name="coverage"),
    path("village/", villages.mine, name="my-village"),
    path("village/<int:pk>/", villages.village, name="village"),
    path("village/<int:pk>/send/", villages.send, name="send"),
    path("village/<int:pk>/recall/", villages.recall, name="recall"),
    path("village/<int:pk>/station/", villages.station, name="station"),
    path("village/<int:pk>/withdraw/", villages.withdraw, name="withdraw"),
    path("village/<int:pk>/diary/", villages.write, name="write-diary"),
    path("village/<int:pk>/card/", helping.card, name="card"),
    path("diary/<int:pk>/add/", villages.add, name="add-diary"),
    path("proof/<uuid:pk>/", villages.proof, name="proof"),
    path("proof/<uuid:pk>/thumb/", villages.proof, {"thumb": True}, name="thumb"),
    # Selection
    path("selections/", choosing.selections, name="selections"),
    path("selections/new/", choosing.new_selection, name="new-selection"),
    path("selections/<int:pk>/", choosing.selection, name="selection"),
    path("selections/<int:pk>/nominate/", choosing.nominate, name="nominate"),
    path("selections/<int:pk>/close/", choosing.close, name="close-selection"),
    path("nominations/<int:pk>/mark/", choosing.mark, name="mark-nomination"),
    path("nominations/<int:pk>/decide/", choosing.decide, name="decide-nomination"),
    # Help
    path("plans/", helping.plans, name="plans"),
    path("village/<int:pk>/plans/new/", helping.new_plan, name="new-plan"),
    path("plans/<int:pk>/", helping.plan, name="plan"),
    path("plans/<int:pk>/help/", helping.add_help, name="add-help"),
    path("plans/<int:pk>/help/<int:item>/", helping.finish, name="finish-help"),
    path("plans/<int:pk>/close/", helping.close, name="close-plan"),
    path("plans/<int:pk>/subsidy/", helping.apply, name="apply-subsidy"),
    path("plans/<int:pk>/subsidy/<int:subsidy>/built/", helping.built, name="built"),
    path("plans/<int:pk>/subsidy/<int:subsidy>/inspect/", helping.inspect, name="inspect"),
    path("plans/<int:pk>/subsidy/<int:subsidy>/refuse/", helping.refuse, name="refuse-subsidy"),
    path("plans/<int:pk>/subsidy/<int:subsidy>/pay/", helping.pay, name="pay-subsidy"),
    path("plans/<int:pk>/subsidy/<int:subsidy>/back/", helping.back, name="take-back"),
    # Thanks
    path("letters/", helping.letters, name="letters"),
    path("letters/<int:pk>/", helping.moderate, name="moderate"),
    path("thanks/<str:token>/", helping.thank, name="thank"),
    path("thanked/<int:pk>/", helping.thanked, name="thanked"),
    # Surveys
    path("surveys/", grading.surveys, name="surveys"),
    path("surveys/new/", grading.new_survey, name="new-survey"),
    path("surveys/mine/", grading.mine, name="my-surveys"),
    path("surveys/rounds/<int:pk>/", grading.round, name="round"),
    path("surveys/rounds/<int:pk>/more/", grading.ask_more, name="ask-more"),
    path("surveys/<int:pk>/", grading.survey, name="survey"),
    path("surveys/<int:pk>/answer/", grading.answer, name="answer-survey"),
    path("surveys/<int:pk>/mark/", grading.mark, name="mark-survey"),
    path("surveys/<int:pk>/grade/", grading.grade, name="grade-survey"),
    path("surveys/<int:pk>/remove/", grading.remove, name="remove"),
    path("removals/", grading.removals, name="removals"),
    # Honours and duties
    path("honours/", standing.honours, name="honours"),
    path("honours/new/", standing.new_honour, name="new-honour"),
    path("honours/<int:pk>/revoke/", standing.revoke, name="revoke-honour"),
    path("duties/", standing.duty_lists, name="duty-lists"),
    path("duties/draw/", standing.draw, name="draw-duties"),
    path("duties/<int:pk>/", standing.duties, name="duties"),
    path("duties/<int:pk>/<int:item>/", standing.report, name="report-duty"),
    path("duties/<int:pk>/<int:item>/back/", standing.send_back, name="send-back-duty"),
    # Rules
    path("rules/", standing.rules, name="rules"),
    path("rules/new/", standing.set_rules, name="set-rules"),
    path("rules/<str:kind>.csv", standing.rules_file, name="rules-file"),
]
