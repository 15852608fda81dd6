from django.urls import path

from .views import (
    components,
    desk,
    home,
    many,
    pilots,
    service_record,
    street,
    todo,
    unit_home,
    verify,
)

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("role/", home.switch, name="switch"),
    path("contact/<uuid:pk>/", home.contact, name="contact"),
    path("desk/", desk.desk, name="desk"),
    path("desk/live/", desk.live, name="desk-live"),
    path("desk/views/", desk.save_view, name="save-view"),
    path("desk/views/<int:pk>/drop/", desk.drop_view, name="drop-view"),
    path("desk/many/", many.many, name="many"),
    path("verify/", verify.verify, name="verify"),
    path("street/", street.street, name="street"),
    path("street/areas/", street.areas, name="areas"),
    path("street/people/", street.people, name="people"),
    path("street/points/", street.points, name="points"),
    path("whistle/", street.whistle, name="whistle"),
    path("street/party/", unit_home.party, name="party"),
    path("units/<int:pk>/", unit_home.unit, name="unit"),
    path("units/<int:pk>/land/", unit_home.land, name="unit-land"),
    path("components/<str:code>/report/", components.report, name="report-component"),
    path("pilots/<int:pk>/", pilots.pilot, name="pilot"),
    path("todo/", todo.todo, name="todo"),
    path("participation/", service_record.participation, name="participation"),
    path("service-record/", service_record.mine, name="service-record"),
    path("service-record/print/", service_record.paper, name="service-print"),
    path("service-record/branch/", service_record.branch, name="service-branch"),
    path("service-record/branch/<int:pk>/year/", service_record.write_year, name="service-year"),
    path("service-record/members/<int:pk>/", service_record.member, name="service-member"),
]
