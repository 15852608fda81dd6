"""What was handed in: found by its token; and all of the test endpoint."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from tongxin.kit.errors import NotFound, Refused
from tongxin.language.private import mask

from ..models import Submission
from .requests import Asked


class NoSuchToken(NotFound):
    """No submission has that token."""


class NotTaken(Refused):
    """What was handed in could not be filed when its turn came."""


def submission_of_token(token: str, *, is_test: bool) -> Submission:
    """Return what was handed in under a token.

    :raises NoSuchToken:
    :raises NotTaken: with the reason, if it could not be filed
    """
    rows = Submission.objects.select_related("case")
    found = rows.filter(token=token, is_test=is_test).first()
    if found is None or not (is_test or handed_in_batch(found)):
        raise NoSuchToken(_("没有这个凭据（token），请核对。"))
    if found.refused:
        raise NotTaken(_("这次提交没有受理：%s") % found.refused)
    return found


def handed_in_batch(submission: Submission) -> bool:
    return bool(submission.content.get("batch"))


def test_number(submission: Submission) -> str:
    return f"test-{submission.pk}"


def tests_asked(asked: Asked) -> list[Submission]:
    """Return what was handed in at the test endpoint, as `requests_asked` would list it."""
    rows = Submission.objects.filter(is_test=True)
    if asked.numbers:
        keys = [one.removeprefix("test-") for one in asked.numbers]
        return list(rows.filter(pk__in=[k for k in keys if k.isdecimal() and len(k) < 18]))
    rows = rows.filter(at__gte=asked.start, at__lte=asked.end)
    if asked.codes:
        rows = rows.filter(content__service_code__in=asked.codes)
    if asked.statuses == {"closed"}:
        return []
    if asked.box:
        west, south, east, north = asked.box
        rows = rows.filter(
            content__lng__gte=west, content__lng__lte=east,
            content__lat__gte=south, content__lat__lte=north,
        )  # fmt: skip
    first = (asked.page - 1) * asked.size
    return list(rows.order_by("-id")[first : first + asked.size])


def shown_test(submission: Submission) -> dict[str, Any]:
    """Return what was handed in at the test endpoint as a request: always open, nobody works on it."""
    told = submission.content
    return {
        "service_request_id": test_number(submission),
        "status": "open",
        "status_notes": _("测试数据，不会办理"),
        "service_name": told["service_name"],
        "service_code": told["service_code"],
        "description": mask(submission.description),
        "agency_responsible": None,
        "service_notice": None,
        "requested_datetime": submission.at,
        "updated_datetime": submission.at,
        "expected_datetime": None,
        "address": mask(told["address"]),
        "address_id": told["address_id"],
        "zipcode": None,
        "lat": told["lat"],
        "long": told["lng"],
        "media_url": submission.media_url or None,
    }


def number_of(submission: Submission) -> str:
    """Return the number a submission became known by; "" while it waits."""
    if submission.is_test:
        return test_number(submission)
    return submission.case.number if submission.case else ""
