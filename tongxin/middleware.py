"""How a refusal reaches a person: a sentence on the page they came from, or an error page."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
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
            return HttpResponse(exception.message, status=exception.status, content_type="text/plain")
        back = request.headers.get("Referer", "")
        if request.method == "POST" and url_has_allowed_host_and_scheme(
            back, allowed_hosts={request.get_host()}
        ):
            messages.error(request, exception.message)
            return redirect(back)
        context = {"status": exception.status, "refusal": exception}
        return render(request, "ui/error.html", context, status=exception.status)
