from django.urls import path

from . import views

app_name = "hotline"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("start/", views.start, name="start"),
    path("calls/", views.calls, name="calls"),
    path("calls/<int:pk>/listen/", views.listen, name="listen"),
    path("calls/<int:pk>/file/", views.file, name="file"),
    path("calls/<int:pk>/answer/", views.answer, name="answer"),
    path("calls/<int:pk>/drop/", views.drop, name="drop"),
    path("calls/<int:pk>/promise/", views.promise, name="promise"),
    path("calls/<int:pk>/add/<uuid:case>/", views.add, name="add"),
    path("calls/<int:pk>/urge/<uuid:case>/", views.urge, name="urge"),
    path("calls/<int:pk>/rate/<uuid:case>/", views.rate, name="rate"),
    path("calls/<int:pk>/number/", views.number, name="number"),
    path("backs/", views.backs, name="backs"),
    path("backs/<int:pk>/", views.back, name="back"),
    path("backs/<int:pk>/number/", views.back_number, name="back-number"),
    path("orders/", views.orders, name="orders"),
]
