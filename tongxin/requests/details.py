"""What our own rows add to a case in the API. Names and numbers of residents stay masked."""

from __future__ import annotations

from typing import Any

from tongxin.accounts.queries import sealer
from tongxin.cases.models import Case
from tongxin.kit.text import mask_name, mask_phone

from .models import ServiceRequest, Whistle, Wish


def of_request(case: Case) -> dict[str, Any]:
    row = ServiceRequest.objects.filter(pk=case.pk).first()
    if row is None:
        return {}
    opened = sealer().open
    return {
        "channel": row.channel,
        "answers": row.answers,
        "beneficiary": mask_name(opened(row.beneficiary_sealed)) if row.beneficiary_sealed else "",
        "consent": row.consent,
        "contact": mask_phone(opened(row.contact_sealed)) if row.contact_sealed else "",
        "likes": row.likes,
        "stars": row.stars,
        "tags": row.tags,
        "words": row.words,
        "rated_at": row.rated_at,
    }


def of_whistle(case: Case) -> dict[str, Any]:
    row = Whistle.objects.filter(pk=case.pk).select_related("street_org", "lead").first()
    if row is None:
        return {}
    return {
        "street_org": {"id": row.street_org_id, "name": row.street_org.name},
        "lead": {"id": row.lead_id, "name": row.lead.name},
    }


def of_wish(case: Case) -> dict[str, Any]:
    row = Wish.objects.filter(pk=case.pk).first()
    return {"wisher": row.wisher, "cost": row.cost, "thanks": row.thanks} if row else {}
