"""What is offered at the door, and for which areas."""

from __future__ import annotations

from hashlib import sha256

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tongxin.cases.models import Topic
from tongxin.kit.errors import Invalid, NotFound
from tongxin.regions.queries import get_land

from ..models import Service

OTHER = "other"  # the service of what has no topic yet


class NoSuchService(NotFound):
    """No service of that code is offered."""


class NoSuchJurisdiction(NotFound):
    """We do not serve that jurisdiction."""


class JurisdictionMissing(Invalid):
    """The endpoint serves several, so one has to be named."""


def digest(key: str) -> str:
    """Return what is kept of a key."""
    return sha256(key.encode()).hexdigest()


def jurisdictions() -> dict[str, str]:
    """Return {jurisdiction id: code of its region} as TONGXIN_OPEN311_JURISDICTIONS names them."""
    pairs = (one.partition("=") for one in settings.TONGXIN_OPEN311_JURISDICTIONS)
    return {name.strip(): code.strip() for name, _equals, code in pairs}


def area_of_jurisdiction(name: str) -> str:
    """Return the path of a jurisdiction; "" where there is only one, which need not be named.

    :raises NoSuchJurisdiction, JurisdictionMissing:
    """
    known = jurisdictions()
    if not known:
        return ""  # accepted and ignored, as the contract says
    if not name and len(known) > 1:
        raise JurisdictionMissing(
            _("请写明 jurisdiction_id：%s。") % "、".join(known), field="jurisdiction_id"
        )
    name = name or next(iter(known))
    if name not in known:
        raise NoSuchJurisdiction(
            _("没有 jurisdiction_id 为“%s”的辖区。") % name[:60], field="jurisdiction_id"
        )
    return get_land(known[name]).path


def offered() -> QuerySet[Topic]:
    """Return the topics that are services: active, public, and not withheld."""
    rows = Topic.objects.filter(is_active=True, is_public=True)
    return (
        rows.exclude(open311_service__is_offered=False)
        .select_related("category", "open311_service")
        .order_by("code")
    )


def service_of(code: str) -> Topic | None:
    """Return the topic of a service; None for the one that takes all else.

    :raises NoSuchService:
    """
    if code == OTHER:
        return None
    topic = offered().filter(code=code).first() if code.isascii() else None
    if topic is None:
        raise NoSuchService(
            _("没有代码为“%s”的服务。") % code[:40],
            field="service_code",
            remedy=_("请用 services 接口查看现有的服务代码。"),
        )
    return topic


def handling_of(topic: Topic | None) -> str:
    service = getattr(topic, "open311_service", None)
    return service.handling if service else str(Service.Handling.REALTIME)
