from django.urls import path

from .views import calendar, meetings, recording, signing

app_name = "meetings"
urlpatterns = [
    path("", calendar.calendar, name="calendar"),
    path("year/", calendar.year, name="year"),
    path("check/", calendar.check, name="check"),
    path("mine/", calendar.mine, name="mine"),
    path("feed/", calendar.feed, name="feed"),
    path("feed/<str:token>.ics", calendar.ics, name="ics"),
    path("new/", meetings.new, name="new"),
    path("<int:pk>/", meetings.meeting, name="meeting"),
    path("<int:pk>/change/", meetings.change, name="change"),
    path("<int:pk>/do/<str:move>/", meetings.press, name="press"),
    path("<int:pk>/say/<str:move>/", meetings.say, name="say"),
    path("<int:pk>/leave/", meetings.leave, name="leave"),
    path("<int:pk>/guest/", meetings.guest, name="guest"),
    path("<int:pk>/photos/", meetings.add_photos, name="add-photos"),
    path("<int:pk>/list/", recording.roll, name="roll"),
    path("<int:pk>/vote/", recording.vote, name="vote"),
    path("<int:pk>/minutes/", recording.minutes, name="minutes"),
    path("<int:pk>/print/", recording.print_out, name="print"),
    path("photos/<uuid:pk>/", recording.photo, name="photo"),
    path("photos/<uuid:pk>/thumb/", recording.photo, {"thumb": True}, name="photo-thumb"),
    path("<int:pk>/code/", signing.code, name="code"),
    path("<int:pk>/code/now/", signing.code_now, name="code-now"),
    path("<int:pk>/in/", signing.sign_in, name="in"),
    path("in/<str:code>/", signing.scan, name="scan"),
]
