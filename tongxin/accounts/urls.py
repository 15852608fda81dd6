from django.urls import path

from . import oidc, views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("code/", views.enter_code, name="code"),
    path("code/again/", views.send_again, name="code-again"),
    path("password/", views.sign_in_by_password, name="password"),
    path("oidc/", oidc.ask, name="oidc"),
    path("oidc/back/", oidc.back, name="oidc-back"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("step-into/", views.step_into, name="step-into"),
    path("me/", views.me, name="me"),
    path("me/password/", views.change_password, name="change-password"),
    path("me/tokens/", views.make_token, name="make-token"),
    path("me/tokens/<int:pk>/revoke/", views.revoke_token, name="revoke-token"),
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/read-all/", views.read_all, name="read-all"),
    path("inbox/<int:pk>/", views.open_notice, name="open-notice"),
]
