from django.urls import path

from .views import exporting, importing

app_name = "spreadsheets"
urlpatterns = [
    path("", importing.home, name="home"),
    path("new/<slug:code>/", importing.new, name="new"),
    path("form/<slug:code>/", exporting.form, name="form"),
    path("export/<slug:code>/", exporting.export, name="export"),
    path("<int:pk>/", importing.show, name="import"),
    path("<int:pk>/page/", importing.page, name="page"),
    path("<int:pk>/columns/", importing.columns, name="columns"),
    path("<int:pk>/progress/", importing.progress, name="progress"),
    path("<int:pk>/confirm/", importing.confirm, name="confirm"),
    path("<int:pk>/drop/", importing.drop, name="drop"),
    path("<int:pk>/undo/", importing.undo, name="undo"),
    path("<int:pk>/copy/", exporting.copy, name="copy"),
]
