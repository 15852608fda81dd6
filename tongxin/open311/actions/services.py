"""How a topic is offered at the door."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.cases.models import Topic
from tongxin.kit.errors import Invalid

from ..models import Service
from .keys import must_administer


@transaction.atomic
def set_service(
    *, topic: Topic, handling: str, is_offered: bool, by: User, at: datetime
) -> Service:
    """Offer a topic at the door at once or in batches, or withhold it.

    :raises NotTheAdministrator, Invalid: also if a topic that is not public is to be offered
    """
    must_administer(by)
    if handling not in Service.Handling.values:
        raise Invalid(_("请选择受理方式。"), field="handling")
    if is_offered and not topic.is_public:
        raise Invalid(_("“%s”是不公开的事项，不能对外提供。") % topic.name, field="is_offered")
    told = {"handling": handling, "is_offered": is_offered}
    service, _made = Service.objects.update_or_create(topic=topic, defaults=told)
    audit(actor=by, action="open311.service.set", object=topic.code, detail=told, at=at)
    return service
