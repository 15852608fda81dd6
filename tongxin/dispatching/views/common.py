"""What the pages share: whose case, whose land."""

from __future__ import annotations

import uuid
from typing import cast

from django.http import HttpRequest
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.cases.models import Case
from tongxin.cases.queries import parts_of
from tongxin.kit.errors import NotFound, NotPermitted

from ..models import DESK


def me(request: HttpRequest) -> User:
    """Return who is signed in; the pages let nobody else in."""
    return cast(User, request.user)


def dispatched_case(actor, pk: uuid.UUID) -> Case:
    """Return a request that the actor dispatches.

    :raises NotFound: if there is none, or none that the actor sees
    :raises NotPermitted: if they see it, but do not dispatch there
    """
    rows = Case.objects.visible_to(actor).select_related("topic", "request")
    case = rows.filter(pk=pk, kind="request").first()
    if case is None:
        raise NotFound(_("没有找到这件事，或您看不到它。"))
    if not parts_of(actor, case) & set(DESK):
        raise NotPermitted(_("只有派单人员可以查看推荐名单。"))
    return case
