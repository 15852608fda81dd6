"""How a refusal reaches a person, and how a program reaches the API without what pages need."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import resolve
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme

from tongxin.kit.errors import Refused


class RefusalMiddleware:
    """Turn a `Refused` into a message instead of a server error (pages only; see `api.py`)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if not isinstance(exception, Refused):
            return None
        if getattr(request, "htmx", False):
            return HttpResponse(
                exception.message, status=exception.status, content_type="text/plain"
            )
        back = request.headers.get("Referer", "")
        if request.method == "POST" and url_has_allowed_host_and_scheme(
            back, allowed_hosts={request.get_host()}
        ):
            messages.error(request, exception.message)
            return redirect(back)
        context = {"status": exception.status, "refusal": exception}
        return render(request, "ui/error.html", context, status=exception.status)


class ChosenLanguage:
    """Pages are Chinese unless the reader chose English with the switch in the footer.

    What the browser says is not asked: many office PCs are set up in English.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        translation.activate(language)
        request.LANGUAGE_CODE = language
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class ApiDoor:
    """Lead a call with a token straight to the API; sessions, messages and CSRF are for pages.

    A call without a token, as our own pages make them, goes the long way. Saves a third of what
    a call costs before it does anything.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if "HTTP_AUTHORIZATION" not in request.META or not request.path_info.startswith("/api/v1/"):
            return self.get_response(request)
        asked = "HTTP_ACCEPT_LANGUAGE" in request.META
        language = translation.get_language_from_request(request) if asked else None
        translation.activate(language or settings.LANGUAGE_CODE)
        request.user = AnonymousUser()  # until the API has read the token
        match = request.resolver_match = resolve(request.path_info)
        return match.func(request, *match.args, **match.kwargs)
