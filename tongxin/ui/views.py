"""The gallery of components, the two switches of the brand bar, and the shell for phones."""

import json

from django.conf import settings
from django.contrib import messages
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from tongxin.ui import assets, gallery_data
from tongxin.ui.context import CARE_COOKIE

A_YEAR = 365 * 24 * 3600


@require_GET
def gallery(request):
    """Show every component with Chinese content, at a desk or (?layout=phone) on a phone."""
    if not (settings.DEBUG or settings.TONGXIN_DEMO):
        raise Http404
    layout = "phone" if request.GET.get("layout") == "phone" else "desk"
    messages.success(request, _("已派给王芳"), extra_tags=f"undo={reverse('ui:gallery')}")
    messages.error(request, _("这张订单已被王芳于 10:42 接走，去看看其他订单"))
    return render(request, f"ui/gallery_{layout}.html", gallery_data.context())


@require_POST
def switch_care(request):
    """Switch 关怀版 on or off, and go back to the page it was asked for on."""
    response = _back(request)
    care = "1" if request.POST.get("care") == "1" else "0"
    response.set_cookie(CARE_COOKIE, care, max_age=A_YEAR, samesite="Lax")
    return response


@require_POST
def switch_language(request):
    """Switch the language of the screen, and go back."""
    response = _back(request)
    language = request.POST.get("language", "")
    if check_for_language(language) and language in dict(settings.LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=A_YEAR, samesite="Lax")
    return response


def _back(request):
    target = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
    return redirect(target if ours else "/")


@require_GET
@cache_control(max_age=3600)
def manifest(request):
    """Tell a phone how to keep 同心 on its home screen."""
    icon = {"src": static("ui/mark.svg"), "sizes": "any", "type": "image/svg+xml"}
    return JsonResponse(
        {
            "name": _("同心 · 基层治理"),
            "short_name": _("同心"),
            "lang": request.LANGUAGE_CODE,
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#f7f5f2",
            "theme_color": "#8a191c",
            "icons": [
                icon | {"purpose": "any"},
                icon | {"src": static("ui/mark-mask.svg"), "purpose": "maskable"},
            ],
        },
        content_type="application/manifest+json",
    )


@require_GET
@cache_control(no_cache=True)
def worker(request):
    """Serve the service worker; it may rule the whole site although it lives below /ui/."""
    offline_url = reverse("ui:offline")
    shell = [offline_url, *assets.shell()]
    config = json.dumps({"shell": shell, "offline": offline_url})
    response = render(request, "ui/sw.js", {"config": config}, content_type="text/javascript")
    response["Service-Worker-Allowed"] = "/"
    return response


@require_GET
def offline(request):
    """Show what can still be done without a network; kept on the phone by the worker."""
    return render(request, "ui/offline.html")
