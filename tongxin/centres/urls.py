from django.urls import path

from .views import catalogue, matters, public, use, window

app_name = "centres"
urlpatterns = [
    # At the window
    path("", window.home, name="home"),
    path("windows/<int:pk>/sit/", window.sit, name="sit"),
    path("windows/<int:pk>/stand/", window.stand, name="stand"),
    path("windows/<int:pk>/call/", window.call, name="call"),
    path("tickets/<int:pk>/end/", window.end, name="end"),
    path("<int:pk>/tickets/", window.draw, name="draw-here"),
    path("<int:pk>/windows/", window.windows, name="windows"),
    path("<int:pk>/honours/new/", window.honour, name="honour"),
    path("honours/<int:pk>/withdraw/", window.withdraw, name="withdraw"),
    path("matters/", matters.matters, name="matters"),
    path("<int:pk>/take-in/", matters.take_in, name="take-in"),
    path("<int:pk>/materials/", matters.materials, name="materials"),
    path("<int:pk>/person/", matters.person, name="person"),
    path("<int:pk>/refer/", matters.refer, name="refer"),
    path("matters/<uuid:pk>/", matters.matter, name="matter"),
    path("matters/<uuid:pk>/slip/", matters.slip, name="slip"),
    path("matters/<uuid:pk>/<slug:verb>/", matters.do, name="do"),
    # Catalogue and figures
    path("services/", catalogue.services, name="services"),
    path("services/samples/", catalogue.samples, name="samples"),
    path("<int:pk>/offers/", catalogue.offers, name="offers"),
    path("powers/", catalogue.powers, name="powers"),
    path("powers/new/", catalogue.new_power, name="new-power"),
    path("powers/<int:pk>/end/", catalogue.end_power, name="end-power"),
    path("use/", use.use, name="use"),
    path("<int:pk>/count/", use.count, name="count"),
    path("<int:pk>/codes/", use.codes, name="codes"),
    path("report/", use.report, name="report"),
    # For everybody
    path("public/", public.public, name="public"),
    path("public/services/", public.catalogue, name="catalogue"),
    path("public/services/<slug:code>/", public.service, name="service"),
    path("of/", public.of, name="of"),
    path("<int:pk>/draw/", public.draw, name="draw"),
    path("tickets/<int:pk>/", public.ticket, name="ticket"),
    path("tickets/<int:pk>/give-up/", public.give_up, name="give-up"),
    path("follow/", public.follow, name="follow"),
    path("follow/<str:token>/", public.progress, name="progress"),
    path("<int:pk>/screen/", public.screen, name="screen"),
    path("here/<int:pk>/", public.here, name="here"),
]
