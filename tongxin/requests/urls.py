from django.urls import path

from .views import filing, following, hearts, places, rating, serving, taking, wishes

app_name = "requests"
urlpatterns = [
    # Residents
    path("", following.home, name="home"),
    path("new/", filing.new, name="new"),
    path("new/topics/", filing.suggest, name="suggest"),
    path("new/around/", filing.around, name="around"),
    path("catalogue/", filing.browse, name="browse"),
    path("communities/", places.list_communities, name="communities"),
    path("mine/", following.mine, name="mine"),
    path("<uuid:pk>/", following.case, name="case"),
    path("<uuid:pk>/filed/", filing.filed, name="filed"),
    path("<uuid:pk>/outline/", following.outline, name="outline"),
    path("<uuid:pk>/rate/", rating.by_reporter, name="rate-case"),
    path("rate/<str:token>/", rating.by_link, name="rate"),
    path("wishes/", wishes.board, name="wishes"),
    path("wishes/new/", wishes.new, name="new-wish"),
    # Volunteers and grid workers
    path("hall/", taking.hall, name="hall"),
    path("<uuid:pk>/grab/", taking.grab, name="grab"),
    path("orders/", taking.in_hand, name="orders"),
    path("<uuid:pk>/finish/", taking.finish, name="finish"),
    path("points/", serving.points, name="points"),
    path("volunteer/", serving.volunteer, name="volunteer"),
    path("volunteer/withdraw/", serving.withdraw_volunteering, name="withdraw-volunteering"),
    path("report/", serving.report, name="report"),
    # Officers and leaders
    path("hearts/", hearts.by_class, name="hearts"),
]
