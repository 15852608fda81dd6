from django.urls import URLPattern

app_name = "dual_report"
urlpatterns: list[URLPattern] = []
