from __future__ import annotations

from django.urls import path

from .views import motions, near, polls

app_name = "taking_part"
urlpatterns = [
    # Residents.
    path("near/", near.public, name="public"),
    path("motions/new/", near.new, name="new"),
    path("motions/<uuid:pk>/", near.motion, name="motion"),
    path("motions/<uuid:pk>/support/", near.support, name="support"),
    path("motions/<uuid:pk>/speak/", near.speak, name="speak"),
    path("motions/<uuid:pk>/withdraw/", near.withdraw, name="withdraw"),
    path("polls/<int:pk>/", near.poll, name="poll"),
    path("polls/<int:pk>/vote/<int:entry>/", near.vote, name="vote"),
    path("polls/<int:pk>/objection/", near.objection, name="objection"),
    path("polls/<int:pk>/notice/", near.notice, name="notice"),
    # The desk.
    path("", motions.home, name="home"),
    path("desk/motions/<uuid:pk>/", motions.motion, name="motion-desk"),
    path("desk/motions/<uuid:pk>/meeting/", motions.meeting, name="meeting"),
    path("desk/statements/<int:pk>/hide/", motions.hide, name="hide"),
    path("desk/polls/", polls.polls, name="polls"),
    path("desk/polls/new/", polls.new, name="new-poll"),
    path("desk/polls/<int:pk>/", polls.poll, name="poll-desk"),
    path("desk/polls/<int:pk>/roll/", polls.roll, name="roll"),
    path("desk/polls/<int:pk>/do/<slug:name>/", polls.verb, name="verb"),
    path("desk/polls/<int:pk>/void/", polls.void, name="void"),
    path("desk/polls/<int:pk>/proxy/", polls.proxy, name="proxy"),
    path("desk/polls/<int:pk>/papers/", polls.papers, name="papers"),
    path("desk/papers/<int:pk>/confirm/", polls.confirm, name="confirm"),
    path("desk/papers/<int:pk>/drop/", polls.drop, name="drop"),
    path("desk/roll/<int:pk>/strike/", polls.strike, name="strike"),
    path("desk/objections/<int:pk>/answer/", polls.answer, name="answer"),
    path("rules/", motions.rules, name="rules"),
    path("rules/sample/", motions.load_sample, name="load-sample"),
    path("rules/table/", motions.load_table, name="load-table"),
]
