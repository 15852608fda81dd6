from django.urls import path

from . import views

app_name = "searching"
urlpatterns = [path("", views.search, name="search")]
