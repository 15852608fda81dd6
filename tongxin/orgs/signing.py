"""Who a session belongs to: the user, with what every page asks about them."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend
from django.utils.timezone import localdate

from tongxin.accounts.models import User

from .queries import reader_of_page


class Backend(ModelBackend):
    """Sign in by user name and password; the session's user comes with posts and unread notices.

    A backend of another way to sign in (OIDC) inherits `get_user` from here, or its pages cost two
    queries more.
    """

    def get_user(self, user_id: int) -> User | None:
        return reader_of_page(user_id, localdate())
