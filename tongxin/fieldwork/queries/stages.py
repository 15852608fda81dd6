"""Stages that wait for each other: the street checks what the branch has found in itself, then the district.

Source: three stages of acceptance (自查、街镇检查、区级验收, S4.21).
"""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _

from ..models import Checklist, Visit


def has_passed(visit: Visit) -> bool:
    """Say whether a finished visit reached what its checklist asks for."""
    if visit.state != Visit.State.DONE or visit.checklist is None:
        return False
    if not visit.max_score or visit.score is None:
        return True
    return visit.score * 100 >= visit.checklist.pass_percent * visit.max_score


def waits_for(visit: Visit) -> str:
    """Return why a visit may not begin yet: the stage before is not made, or not passed; "" if it may.

    Only a pass since this stage was last made counts: whoever comes again waits for a new one.
    """
    own = visit.checklist
    if own is None or not own.after_code:
        return ""
    name = stage_name(own.after_code)
    same = _of_the_same(visit).filter(state=Visit.State.DONE)
    earlier = same.filter(checklist__code=own.code).order_by("-finished_at").first()
    before = same.filter(checklist__code=own.after_code)
    if earlier is not None:
        before = before.filter(finished_at__gt=earlier.finished_at)
    last = before.select_related("checklist").order_by("-finished_at").first()
    if last is None:
        return _("前一阶段“%s”还没有做完") % name
    if has_passed(last):
        return ""
    words = {
        "name": name, "score": f"{float(last.score or 0):g}", "most": f"{float(last.max_score or 0):g}",
        "line": last.checklist.pass_percent if last.checklist else 0,
    }  # fmt: skip
    return _("前一阶段“%(name)s”得 %(score)s/%(most)s 分，没有达到 %(line)s%%") % words


def stage_name(code: str) -> str:
    """Return what the checklist of a code is called; "" for no code."""
    if not code:
        return ""
    rows = Checklist.objects.filter(code=code).order_by("-version")
    return rows.values_list("name", flat=True).first() or code


def _of_the_same(visit: Visit):
    """Return the other visits to the same unit, target or place."""
    rows = Visit.objects.exclude(pk=visit.pk)
    if visit.visited_id is not None:
        return rows.filter(visited=visit.visited_id)
    same = Q(region=visit.region_id, place_name=visit.place_name, visited=None)
    return rows.filter(same)
