from django.urls import path

from .views import endpoint

app_name = "open311"
urlpatterns = [
    path("media/<uuid:pk>.jpg", endpoint.media, name="media"),
    path("v2/<path:rest>", endpoint.endpoint, name="v2"),
    path("test/v2/<path:rest>", endpoint.endpoint, {"is_test": True}, name="v2-test"),
    path("discovery.<str:extension>", endpoint.discovery, name="discovery"),
]
