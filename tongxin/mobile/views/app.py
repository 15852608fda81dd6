"""The app on the phone: its shell, its manifest, its service worker. The same for everybody."""

from __future__ import annotations

import hashlib
import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from tongxin.ui import assets

ENTRY, SENDER = "field/app", "field/worker"


@require_safe
@cache_control(no_cache=True)
def app(request: HttpRequest) -> HttpResponse:
    """Serve the shell. It needs nobody signed in: what it shows comes from the phone and the API."""
    context = {"language_cookie": settings.LANGUAGE_COOKIE_NAME}
    return render(request, "mobile/app.html", context)


@require_safe
@cache_control(max_age=3600)
def manifest(request: HttpRequest) -> JsonResponse:
    """Tell a phone how to keep the app on its home screen, beside 同心 itself."""
    icon = {"src": static("ui/mark.svg"), "sizes": "any", "type": "image/svg+xml"}
    home = reverse("mobile:app")
    shortcuts = [(_("上报"), "#/report"), (_("今天"), "#/"), (_("我的单"), "#/orders")]
    return JsonResponse(
        {
            "id": home,
            "name": _("同心外勤"),
            "short_name": _("外勤"),
            "lang": request.LANGUAGE_CODE,
            "start_url": home,
            "scope": home,
            "display": "standalone",
            "orientation": "portrait",
            "background_color": "#f7f5f2",
            "theme_color": "#8a191c",
            "icons": [
                icon | {"purpose": "any"},
                icon | {"src": static("ui/mark-mask.svg"), "purpose": "maskable"},
            ],
            "shortcuts": [{"name": name, "url": home + part} for name, part in shortcuts],
        },
        content_type="application/manifest+json",
    )


def shell() -> list[str]:
    """Return the URLs that a phone keeps to open the app without a network."""
    files = [*assets.closure(ENTRY), *assets.closure(SENDER)]
    marks = [static("ui/mark.svg"), static("ui/mark-mask.svg")]
    return [reverse("mobile:app"), reverse("mobile:manifest"), *dict.fromkeys(files), *marks]


@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """Serve the service worker. With ?sends it is a module that sends when the network comes back."""
    files = shell()
    page = get_template("mobile/app.html").template.source  # type: ignore[attr-defined]
    tiles = settings.TONGXIN_TILE_URL + settings.TONGXIN_TILE_DATUM
    mark = hashlib.sha256("|".join([*files, page, tiles]).encode()).hexdigest()[:12]
    config = {"app": reverse("mobile:app"), "shell": files, "mark": mark}
    sends = "sends" in request.GET
    context = {
        "config": json.dumps(config),
        "sender": assets.entry(SENDER)["scripts"][0] if sends else "",
    }
    return render(request, "mobile/sw.js", context, content_type="text/javascript")
