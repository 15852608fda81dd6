from django.urls import path

from .views import booking, care, keeping, public, register

app_name = "places"
urlpatterns = [
    path("", register.home, name="home"),
    path("map/", register.map, name="map"),
    path("points.json", register.points, name="points"),
    path("coverage/", register.coverage, name="coverage"),
    path("new/", register.new, name="new"),
    path("samples/", register.samples, name="samples"),
    path("<int:pk>/", register.centre, name="centre"),
    path("<int:pk>/do/<slug:verb>/", keeping.do, name="do"),
    path("<int:pk>/score/<slug:phase>/", keeping.score, name="score"),
    path("signs/<int:pk>/judge/", keeping.judge, name="judge"),
    path("signs/<int:pk>/down/", keeping.down, name="down"),
    path("rooms/<int:pk>/end/", keeping.end_room, name="end-room"),
    path("papers/", keeping.papers, name="papers"),
    path("papers/new/", keeping.new_paper, name="new-paper"),
    path("papers/<int:pk>/", public.paper, name="paper"),
    path("papers/<int:pk>/publish/", keeping.publish, name="publish"),
    # Bookings
    path("<int:pk>/calendar/", booking.calendar, name="calendar"),
    path("<int:pk>/calendar.ics", booking.feed, name="feed"),
    path("rooms/<int:pk>/book/", booking.book, name="book"),
    path("bookings/", booking.bookings, name="bookings"),
    path("bookings/mine/", booking.mine, name="mine"),
    path("bookings/<uuid:pk>/", booking.booking, name="booking"),
    path("bookings/<uuid:pk>/booking.ics", booking.ics, name="ics"),
    path("bookings/<uuid:pk>/<slug:verb>/", booking.decide, name="decide"),
    # Day care and children's rooms
    path("care/", care.offers, name="care"),
    path("care/<int:pk>/", care.sign_up, name="sign-up"),
    path("care/places/<int:pk>/back/", care.give_back, name="give-back"),
    path("care/places/<int:pk>/came/", care.came, name="came"),
    path("care/places/<int:pk>/who/", care.who, name="who"),
    path("sessions/", care.sessions, name="sessions"),
    path("sessions/new/", care.new_session, name="new-session"),
    path("sessions/<int:pk>/", care.session, name="session"),
    path("sessions/<int:pk>/cancel/", care.cancel, name="cancel-session"),
    # For everybody
    path("<int:pk>/public/", public.centre, name="public"),
    path("<int:pk>/wall/", public.wall, name="wall"),
    path("<int:pk>/photos/<uuid:photo_pk>/", public.photo, name="photo"),
]
