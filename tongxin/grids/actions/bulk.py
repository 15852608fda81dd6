"""Components that come in a survey's sheet: many at once, and out again if it was the wrong sheet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.codes import component_code
from tongxin.kit.errors import Refused

from ..models import CatalogueItem, Component, ComponentEvent
from .components import next_code

What = ComponentEvent.What


class StillUsed(Refused):
    """A component that came with the import has a history of its own since."""


@transaction.atomic
def enter_components(
    components: Sequence[Component], *, at: datetime, by: User | None
) -> Sequence[Component]:
    """Enter checked components, each with its first event; those without a code get the next ones.

    The caller has judged kind, place, code and reach (`sheets`, the demonstration). Three statements.
    """
    for item in {one.item for one in components}:
        mine = [one for one in components if one.item == item and not one.code]
        if not mine:
            continue
        CatalogueItem.objects.select_for_update().get(pk=item.pk)
        district = mine[0].grid.code[:6]
        n = int(next_code(item, district)[-6:])
        for k, one in enumerate(mine):
            one.code = component_code(district, item.code, n + k)
    Component.objects.bulk_create(components, 500)
    ComponentEvent.objects.bulk_create(
        [
            ComponentEvent(
                component=one, what=What.ENTER, after=one.state, at=at, recorded_at=at, by=by
            )
            for one in components
        ],
        500,
    )
    return components


@transaction.atomic
def rewrite_component(
    component: Component, values: dict[str, Any], *, at: datetime, by: User
) -> dict[str, Any]:
    """Write facts and state of a component as a sheet says them; return what they were."""
    component = Component.objects.select_for_update().get(pk=component.pk)
    before = {name: getattr(component, name) for name in values}
    changes = {
        name: [str(before[name] or ""), str(value or "")]
        for name, value in values.items()
        if before[name] != value
    }
    for name, value in values.items():
        setattr(component, name, value)
    if "changed_on" not in values:
        component.changed_on = localdate(at)
    component.save(update_fields=[*values, "changed_on"])
    state = changes.pop("state", None)
    if state:
        ComponentEvent.objects.create(
            component=component, what=What.STATE, before=before["state"], after=values["state"],
            note=_("表格导入"), at=at, recorded_at=at, by=by,
        )  # fmt: skip
    if changes:
        ComponentEvent.objects.create(
            component=component, what=What.CHANGE, changes=changes, at=at, recorded_at=at, by=by
        )
    return before


@transaction.atomic
def take_back_components(ids: Sequence[int]) -> None:
    """Take out components that an import entered. Raises StillUsed if one has a history since."""
    events = ComponentEvent.objects.filter(component__in=ids)
    later = events.exclude(what=What.ENTER).select_related("component").first()
    if later is not None:
        raise StillUsed(_("部件 %s 已有后来的记录，不能撤销导入。") % later.component.code)
    events.delete()
    Component.objects.filter(pk__in=ids).delete()
