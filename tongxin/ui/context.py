"""What every page knows without being told by its view."""

from django.conf import settings
from django.utils import timezone

CARE_COOKIE = "care"


def frame(request):
    """Return the time of the request, the size of type, and where map tiles come from."""
    return {
        "now": timezone.now(),
        "care": request.COOKIES.get(CARE_COOKIE) == "1",
        "demo": settings.TONGXIN_DEMO,
        "tile_url": settings.TONGXIN_TILE_URL,
        "tile_datum": settings.TONGXIN_TILE_DATUM,
    }
