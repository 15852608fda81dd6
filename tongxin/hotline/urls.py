from django.urls import path

from .views import answers, desk

app_name = "hotline"
urlpatterns = [
    path("", desk.desk, name="desk"),
    path("start/", desk.start, name="start"),
    path("calls/", desk.calls, name="calls"),
    path("calls/<int:pk>/listen/", desk.listen, name="listen"),
    path("calls/<int:pk>/file/", desk.file, name="file"),
    path("calls/<int:pk>/answer/", desk.answer, name="answer"),
    path("calls/<int:pk>/drop/", desk.drop, name="drop"),
    path("calls/<int:pk>/promise/", desk.promise, name="promise"),
    path("calls/<int:pk>/add/<uuid:case>/", desk.add, name="add"),
    path("calls/<int:pk>/urge/<uuid:case>/", desk.urge, name="urge"),
    path("calls/<int:pk>/rate/<uuid:case>/", desk.rate, name="rate"),
    path("calls/<int:pk>/number/", desk.number, name="number"),
    path("backs/", desk.backs, name="backs"),
    path("backs/<int:pk>/", desk.back, name="back"),
    path("backs/<int:pk>/number/", desk.back_number, name="back-number"),
    path("orders/", desk.orders, name="orders"),
    path("answers/", answers.index, name="answers"),
    path("answers/new/", answers.edit, name="new-answer"),
    path("answers/<str:code>/", answers.show, name="answer-page"),
    path("answers/<str:code>/edit/", answers.edit, name="edit-answer"),
    path("answers/<str:code>/restore/<int:seq>/", answers.restore, name="restore-answer"),
]
