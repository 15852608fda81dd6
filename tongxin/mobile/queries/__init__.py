"""What phones, their holders and those who keep them read."""

from .bundle import bundle_of, device_told
from .duty import agreed_at, duties_on, duty_of, may_look_at, notice_on, points_of
from .judging import judges_of
from .results import as_result, latest_of, plain_words
from .sites import Site, sign_of_region, sign_of_target, site_of, url_of
from .topics import sort_of

__all__ = [
    "Site",
    "agreed_at",
    "as_result",
    "bundle_of",
    "device_told",
    "duties_on",
    "duty_of",
    "judges_of",
    "latest_of",
    "may_look_at",
    "notice_on",
    "plain_words",
    "points_of",
    "sign_of_region",
    "sign_of_target",
    "site_of",
    "sort_of",
    "url_of",
]
