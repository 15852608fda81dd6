from django.urls import path

from . import views

app_name = "cases"
urlpatterns = [
    path("<uuid:pk>/", views.detail, name="detail"),
    path("<uuid:pk>/print/", views.print_out, name="print"),
    path("<uuid:pk>/chain/", views.check, name="chain"),
    path("<uuid:pk>/moves/<slug:name>/", views.move, name="move"),
    path("evidence/<uuid:pk>/", views.evidence, name="evidence"),
    path("evidence/<uuid:pk>/thumb/", views.evidence, {"thumb": True}, name="thumb"),
    path("evidence/<uuid:pk>/photo/", views.photo, name="photo"),
]
