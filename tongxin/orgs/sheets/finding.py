"""Units and places that rows of a sheet name, found for all rows at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from tongxin.regions.queries import Land, world
from tongxin.spreadsheets.declaring import Job, Row

from ..models import Org
from ..scope import REGISTRARS, posts_of, unit_roles


def office_of(actor) -> str:
    """Return the office whose forms the actor uses: the first unit or organisation with a post."""
    held = sorted(posts_of(actor), key=lambda post: (post.role not in REGISTRARS, post.org_id))
    return f"org:{held[0].org_id}" if held else f"user:{actor.pk}"


@dataclass(frozen=True)
class Unit:
    """What a row needs to know of a party unit."""

    id: int
    code: str
    name: str
    path: str
    region_id: int
    unit_kind: str
    is_temporary: bool


UNIT = ("id", "code", "name", "path", "region_id", "unit_kind", "is_temporary")


class Units:
    """The standing party units that rows name by code or name, as far as the actor keeps them."""

    def __init__(self, actor, codes: Iterable[str], names: Iterable[str]) -> None:
        found = Org.objects.filter(kind=Org.Kind.PARTY, dissolved_on=None)
        wanted = Q(code__in={c for c in codes if c}) | Q(name__in={n for n in names if n})
        self.by_code: dict[str, Unit] = {}
        self.by_name: dict[str, list[Unit]] = {}
        for facts in found.filter(wanted).values_list(*UNIT):
            unit = Unit(*facts)
            if unit_roles(actor, unit.path).isdisjoint(REGISTRARS):
                continue
            if unit.code:
                self.by_code[unit.code] = unit
            self.by_name.setdefault(unit.name, []).append(unit)

    def of(self, row: Row, code_column: str, name_column: str) -> Unit | None:
        """Return the unit a row names; refuse the row where there is none, or more than one."""
        code, name = row.get(code_column), row.get(name_column)
        if code:
            unit = self.by_code.get(code)
            if unit is None:
                row.refuse(code_column, _("没有代码为“%s”的党组织，或不在您的管理范围") % code)
            elif name and name != unit.name:
                row.refuse(
                    name_column,
                    _("代码 %(code)s 是“%(name)s”，与这里写的不同，请核对")
                    % {"code": code, "name": unit.name},
                )
            return unit
        units = self.by_name.get(name, []) if name else []
        if len(units) == 1:
            return units[0]
        if units:
            row.refuse(name_column, _("有 %d 个党组织叫这个名称，请填写组织代码") % len(units))
        elif name:
            row.refuse(name_column, _("没有“%s”这个党组织，或不在您的管理范围") % name)
        return None


class Places:
    """Regions that rows name by code or name."""

    def __init__(self, job: Job, levels: tuple[str, ...] = ()) -> None:
        self.levels = levels
        names = job.memory.get("lands")
        if names is None:
            names = job.memory["lands"] = {}
            for land in world().lands:
                names.setdefault(land.code, []).append(land)
                names.setdefault(land.name, []).append(land)
        self.names: dict[str, list[Land]] = names

    def of(self, row: Row, column: str, within: str = "") -> Land | None:
        """Return the place of a row, inside the land of the path `within`; refuse the row if unclear."""
        text = row.get(column)
        if not text:
            return None
        found = [one for one in self.names.get(text, []) if one.path.startswith(within)]
        if self.levels:
            found = [one for one in found if one.level in self.levels]
        if len(found) == 1:
            return found[0]
        if found:
            row.refuse(column, _("有 %d 个地方叫“%s”，请改填区划代码") % (len(found), text))
        else:
            row.refuse(column, _("没有“%s”这个地方，或不在您的管理范围，请核对") % text)
        return None
