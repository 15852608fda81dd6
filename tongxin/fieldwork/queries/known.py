"""Words of other registers that items refer to."""

from __future__ import annotations

from django.db.models import QuerySet

from tongxin.findings.models import Finding, FindingKind

from ..models import Visit


def finding_kinds() -> dict[str, str]:
    """Return the kinds of findings there are: {code: name}."""
    return dict(FindingKind.objects.order_by("code").values_list("code", "name"))


def findings_of(visit: Visit) -> QuerySet[Finding]:
    """Return the findings that came out of a visit; a page shows those its reader may see."""
    return Finding.objects.filter(source_kind="visit", source_id=str(visit.pk))
