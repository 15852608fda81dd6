from django.urls import path

from . import views

app_name = "mailbox"
urlpatterns = [
    path("", views.letters, name="letters"),
    path("<int:pk>/", views.letter, name="letter"),
    path("follow/<str:token>/", views.follow, name="follow"),
]
