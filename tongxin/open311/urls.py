from django.urls import path

from .views import endpoint, outgoing, pages

app_name = "open311"
urlpatterns = [
    path("media/<uuid:pk>.jpg", endpoint.media, name="media"),
    path("v2/<path:rest>", endpoint.endpoint, name="v2"),
    path("test/v2/<path:rest>", endpoint.endpoint, {"is_test": True}, name="v2-test"),
    path("discovery.<str:extension>", endpoint.discovery, name="discovery"),
    path("", pages.home, name="home"),
    path("keys/new/", pages.new_key, name="new-key"),
    path("keys/<int:pk>/", pages.key, name="key"),
    path("keys/<int:pk>/edit/", pages.edit_key, name="edit-key"),
    path("keys/<int:pk>/turn/", pages.turn_key, name="turn-key"),
    path("keys/<int:pk>/end/", pages.end_key, name="end-key"),
    path("keys/<int:pk>/media/<int:copy>/retry/", pages.retry_media, name="retry-media"),
    path("services/", pages.services, name="services"),
    path("services/<str:code>/", pages.service, name="service"),
    path("peers/new/", pages.edit_peer, name="new-peer"),
    path("peers/<int:pk>/", pages.peer, name="peer"),
    path("peers/<int:pk>/edit/", pages.edit_peer, name="edit-peer"),
    path("peers/<int:pk>/rules/<int:rule>/drop/", pages.drop_rule, name="drop-rule"),
    path("peers/<int:pk>/retry/<int:forwarding>/", pages.retry, name="retry"),
    path("webhooks/", outgoing.webhooks, name="webhooks"),
    path("webhooks/new/", outgoing.edit, name="new-webhook"),
    path("webhooks/<int:pk>/", outgoing.webhook, name="webhook"),
    path("webhooks/<int:pk>/edit/", outgoing.edit, name="edit-webhook"),
    path("webhooks/<int:pk>/test/", outgoing.test, name="test-webhook"),
    path("webhooks/<int:pk>/turn/", outgoing.turn, name="turn-webhook"),
    path("webhooks/<int:pk>/replay/", outgoing.replay, name="replay-webhook"),
    path("deliveries/", outgoing.deliveries, name="deliveries"),
    path("deliveries/resend/", outgoing.resend, name="resend"),
    path("deliveries/<int:pk>/", outgoing.delivery, name="delivery"),
]
