from django.urls import path

from .views import document, lists, register, templates, writing

app_name = "documents"
urlpatterns = [
    path("", lists.home, name="home"),
    path("all/", lists.listing, name="all"),
    path("inbox/", lists.inbox, name="inbox"),
    path("of/", lists.of, name="of"),
    path("new/", writing.new, name="new"),
    path("<uuid:pk>/", document.show, name="document"),
    path("<uuid:pk>/edit/", writing.edit, name="edit"),
    path("<uuid:pk>/preview/", writing.preview, name="preview"),
    path("<uuid:pk>/page.png", document.page, name="page"),
    path("<uuid:pk>/copy.pdf", document.copy, name="copy"),
    path("<uuid:pk>/sheet/", document.sheet, name="sheet"),
    path("<uuid:pk>/do/<str:verb>/", document.do, name="do"),
    path("<uuid:pk>/again/", writing.again, name="again"),
    path("in/<int:pk>/", document.incoming, name="incoming"),
    path("in/<int:pk>/receive/", document.receive, name="receive"),
    path("in/<int:pk>/extend/", document.extend, name="extend"),
    path("in/<int:pk>/urge/", document.urge, name="urge"),
    path("replies/<int:pk>/", document.judge, name="judge"),
    path("files/<int:pk>/", document.file, name="file"),
    path("files/<int:pk>/remove/", writing.remove, name="remove"),
    path("register/", register.register, name="register"),
    path("register/new/", register.new, name="new-register"),
    path("register/<int:pk>/void/", register.void, name="void-number"),
    path("register/<int:pk>/<int:year>.xlsx", register.sheet, name="register-sheet"),
    path("templates/", templates.listing, name="templates"),
    path("templates/new/", templates.new, name="new-template"),
    path("templates/sample/<str:kind>.docx", templates.sample, name="sample"),
    path("templates/<int:pk>/", templates.show, name="template"),
    path("templates/<int:pk>/retire/", templates.retire, name="retire"),
]
