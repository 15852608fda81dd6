"""A centre is registered, measured, furnished with rooms, opened and closed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import Org
from tongxin.photos.actions import keep_photo
from tongxin.regions.models import Region

from ..models import AreaChange, Centre, CentrePhoto, CentreService, Room, RoomKind
from .common import locked, must_hold, must_keep, scoped

MOST_AREA, MOST_PEOPLE, MOST_PHOTOS = 200_000, 5_000, 12
# Which level of land a centre of a kind stands for; the others may stand anywhere.
LEVELS = {
    Centre.Kind.STREET: Region.Level.STREET,
    Centre.Kind.COMMUNITY: Region.Level.COMMUNITY,
    Centre.Kind.VILLAGE: Region.Level.COMMUNITY,
}
ONWARD = {
    Centre.State.PLANNED: (Centre.State.BUILDING, Centre.State.OPEN, Centre.State.CLOSED),
    Centre.State.BUILDING: (Centre.State.OPEN, Centre.State.CLOSED),
    Centre.State.OPEN: (Centre.State.BUILDING, Centre.State.CLOSED),
    Centre.State.CLOSED: (),
}


class BadCentre(Invalid):
    """What is registered of a centre is missing, out of bounds, or does not fit its land."""


class CentreThere(Refused):
    """The place has its centre already, or another of that name."""


class WrongState(Refused):
    """A centre in this state cannot do that."""


@transaction.atomic
def register_centre(
    *, region: Region, name: str, kind: str, by: User | None, at: datetime,
    area_m2: int | None = None, address: str = "", lng: float | None = None,
    lat: float | None = None, org: Org | None = None, phone: str = "", intro: str = "",
    code: str = "", key: str = "",
) -> Centre:  # fmt: skip
    """Enter a centre (S1.1, S3.17) as planned; a street's is its officers' to enter.

    Without a `code` it gets one out of the region's. `by` None is the system.

    :raises BadCentre: for a kind that does not fit the land, an area or a point out of bounds
    :raises CentreThere: if the community (street) has one, or one of that name or code
    :raises NotPermitted: unless `by` keeps the register of the land
    """
    kept = scoped(by, key)
    if kept and (old := Centre.objects.filter(key=kept).first()):
        return old
    _must_fit(kind, region)
    if by is not None:
        roles = ("officer",) if kind == Centre.Kind.STREET else None
        if roles:
            must_hold(by, roles, region.path, what=_("登记街道党群服务中心"))
        else:
            must_keep(by, region.path, what=_("登记这里的党群服务中心"))
    _check_numbers(area_m2, lng, lat)
    Region.objects.select_for_update().only("pk").get(pk=region.pk)  # one writer for each place
    name = clean_text(name, limit=60, field_label=_("名称"), required=True)
    _must_be_new(kind, region, name, None)
    made = Centre(
        code=_code(code, kind, region), kind=kind, name=name, region=region, org=org,
        address=clean_text(address, limit=120, field_label=_("地址")), lng=lng, lat=lat,
        area_m2=area_m2, phone=clean_text(phone, limit=30, field_label=_("公开电话")),
        intro=clean_text(intro, limit=300, field_label=_("简介")), by=by, at=at, key=kept,
        state_on=localdate(at),
    )  # fmt: skip
    made.save(force_insert=True)
    if area_m2 is not None:
        AreaChange.objects.create(
            centre=made, before_m2=None, after_m2=area_m2, reason=_("登记"), on=localdate(at),
            by=by, at=at,
        )  # fmt: skip
    return made


def _must_fit(kind: str, region: Region) -> None:
    if kind not in Centre.Kind.values:
        raise BadCentre(_("请选择类型。"), field="kind")
    level = LEVELS.get(Centre.Kind(kind))
    label = Centre.Kind(kind).label
    if level and region.level != level:
        words = {"kind": label, "level": Region.Level(level).label}
        raise BadCentre(_("%(kind)s应登记在%(level)s。") % words, field="region")
    if region.level in (Region.Level.GRID, Region.Level.BUILDING, Region.Level.CITY):
        raise BadCentre(_("请选择街镇或社区（村）。"), field="region")
    if (
        kind in (Centre.Kind.COMMUNITY, Centre.Kind.VILLAGE)
        and region.kind in (Region.Kind.COMMUNITY, Region.Kind.VILLAGE)
        and region.kind != kind
    ):
        names: dict[str, Any] = {"name": region.name, "kind": region.get_kind_display()}
        raise BadCentre(_("%(name)s是%(kind)s，请选择对应的类型。") % names, field="kind")


def _check_numbers(area_m2: int | None, lng: float | None, lat: float | None) -> None:
    if area_m2 is not None and not 0 < area_m2 <= MOST_AREA:
        raise BadCentre(_("面积应在 1 到 %d 平方米之间。") % MOST_AREA, field="area_m2")
    if (lng is None) != (lat is None):
        raise BadCentre(_("经度和纬度要一起填。"), field="lng")
    if lng is not None and lat is not None and not (73 <= lng <= 136 and 3 <= lat <= 54):
        raise BadCentre(_("位置不在国内，请在地图上重新选择。"), field="lng")


def _must_be_new(kind: str, region: Region, name: str, but: int | None) -> None:
    standing = Centre.objects.standing().filter(region=region).exclude(pk=but or 0)
    if kind in LEVELS and (old := standing.filter(kind__in=LEVELS).first()):
        words = {"place": region.name, "name": old.name}
        raise CentreThere(
            _("%(place)s已有“%(name)s”。") % words, field="region",
            remedy=_("一处只登记一个；另外的场所请登记为党群服务点。"),
        )  # fmt: skip
    if standing.filter(name=name).exists():
        raise CentreThere(_("这里已有“%s”。") % name, field="name")


def _code(code: str, kind: str, region: Region) -> str:
    code = clean_text(code, limit=30, field_label=_("编号"))
    if code:
        if Centre.objects.filter(code=code).exists():
            raise CentreThere(_("编号 %s 已用于另一处。") % code, field="code")
        return code
    n = Centre.objects.filter(region=region).count() + 1
    while Centre.objects.filter(code=f"{region.code}-{n:02d}").exists():
        n += 1
    return f"{region.code}-{n:02d}"


@transaction.atomic
def change_centre(centre: Centre, *, by: User, at: datetime, **changes: Any) -> Centre:
    """Change name, address, lng, lat, phone, intro or org. Raises as `register_centre`."""
    centre = locked(centre)
    must_keep(by, centre.region.path, what=_("修改这里的党群服务中心"))
    if centre.state == Centre.State.CLOSED:
        raise WrongState(_("这个中心已关闭，不能再修改。"))
    limits = {"name": 60, "address": 120, "phone": 30, "intro": 300}
    labels: dict[str, Any] = {
        "name": _("名称"), "address": _("地址"), "phone": _("公开电话"), "intro": _("简介"),
    }  # fmt: skip
    for name, value in changes.items():
        if name in limits:
            value = clean_text(  # noqa: PLW2901
                value, limit=limits[name], field_label=labels[name], required=name == "name"
            )
        elif name not in ("lng", "lat", "org"):
            raise BadCentre(_("“%s”不能在这里修改。") % name)
        setattr(centre, name, value)
    _check_numbers(None, centre.lng, centre.lat)
    _must_be_new("", centre.region, centre.name, centre.pk)
    centre.save()
    return centre


@transaction.atomic
def set_area(
    *, centre: Centre, area_m2: int, reason: str, by: User | None, at: datetime,
    on: date | None = None,
) -> Centre:  # fmt: skip
    """Write down a new area with the reason; what it was stays in the history.

    :raises BadCentre: for an area out of bounds or unchanged, a day to come, no reason
    :raises NotPermitted: unless `by` keeps the register of the land
    """
    centre = locked(centre)
    if by is not None:
        must_keep(by, centre.region.path, what=_("登记面积"))
    _check_numbers(area_m2, None, None)
    if area_m2 == centre.area_m2:
        raise BadCentre(_("面积没有变化。"), field="area_m2")
    day = on or localdate(at)
    if day > localdate(at):
        raise BadCentre(_("日期还没到。"), field="on")
    reason = clean_text(reason, limit=200, field_label=_("原因"), required=True)
    AreaChange.objects.create(
        centre=centre, before_m2=centre.area_m2, after_m2=area_m2, reason=reason, on=day, by=by,
        at=at,
    )  # fmt: skip
    centre.area_m2 = area_m2
    centre.save(update_fields=["area_m2"])
    return centre


@transaction.atomic
def open_centre(*, centre: Centre, on: date, by: User | None, at: datetime) -> Centre:
    """Open a centre to the public from a day on. Raises as `set_state`."""
    return set_state(centre=centre, state=Centre.State.OPEN, on=on, by=by, at=at)


@transaction.atomic
def set_state(
    *, centre: Centre, state: str, on: date, by: User | None, at: datetime
) -> Centre:  # fmt: skip
    """Plan → build → open → close; one that is open may be rebuilt, one that is closed stays so.

    :raises WrongState: for a step that does not follow
    :raises BadCentre: for a day to come, before the last step, or opening without an address
    :raises NotPermitted: unless `by` keeps the register of the land
    """
    centre = locked(centre)
    if by is not None:
        must_keep(by, centre.region.path, what=_("改变中心的状态"))
    if state not in ONWARD[Centre.State(centre.state)]:
        words = {"now": centre.get_state_display(), "then": dict(Centre.State.choices).get(state)}
        raise WrongState(_("现在是“%(now)s”，不能改为“%(then)s”。") % words, field="state")
    if on > localdate(at):
        raise BadCentre(_("日期还没到。"), field="on")
    if centre.state_on and state != Centre.State.OPEN and on < centre.state_on:
        raise BadCentre(_("日期早于上一次变动（%s）。") % centre.state_on, field="on")
    if state == Centre.State.OPEN and not centre.address:
        raise BadCentre(_("开放前请先填写地址，居民要找得到。"), field="address")
    centre.state, centre.state_on = state, on
    if state == Centre.State.OPEN:
        centre.opened_on = centre.opened_on or on
    if state == Centre.State.CLOSED:
        centre.closed_on = on
    centre.save(update_fields=["state", "state_on", "opened_on", "closed_on"])
    _tell_book(centre, at)
    return centre


def _tell_book(centre: Centre, at: datetime) -> None:
    """Write opening and closing into the year's book of the party unit that runs the centre."""
    org = centre.org
    if org is None or org.kind != Org.Kind.PARTY or centre.state not in ("open", "closed"):
        return
    words = _("%s开放") if centre.state == Centre.State.OPEN else _("%s关闭")
    write_log(
        unit=org, kind="centre", text=words % centre.name, at=at, recorded_at=at,
        source=f"places.centre:{centre.pk}",
        key=f"places.centre:{centre.pk}:{centre.state}:{centre.state_on}",
    )  # fmt: skip


@transaction.atomic
def add_room(
    *, centre: Centre, kind: RoomKind, name: str, capacity: int, by: User | None, at: datetime,
    area_m2: int | None = None, is_bookable: bool = False, needs_approval: bool = False,
    note: str = "",
) -> Room:  # fmt: skip
    """Enter a room of a centre.

    :raises BadCentre: for a capacity or area out of bounds, rooms larger than the house
    :raises CentreThere: for a name that another room of the centre has
    :raises WrongState: if the centre is closed
    :raises NotPermitted: unless `by` keeps the register of the land
    """
    centre = locked(centre)
    if by is not None:
        must_keep(by, centre.region.path, what=_("登记功能室"))
    if centre.state == Centre.State.CLOSED:
        raise WrongState(_("这个中心已关闭，不能再登记功能室。"))
    name = clean_text(name, limit=40, field_label=_("名称"), required=True)
    if centre.rooms.filter(name=name, ended_on__isnull=True).exists():
        raise CentreThere(_("这里已有“%s”。") % name, field="name")
    if not 0 < capacity <= MOST_PEOPLE:
        raise BadCentre(_("容纳人数应在 1 到 %d 之间。") % MOST_PEOPLE, field="capacity")
    _room_fits(centre, area_m2)
    return Room.objects.create(
        centre=centre, kind=kind, name=name, area_m2=area_m2, capacity=capacity,
        is_bookable=is_bookable, needs_approval=needs_approval,
        note=clean_text(note, limit=120, field_label=_("设备与说明")),
    )  # fmt: skip


def _room_fits(centre: Centre, area_m2: int | None) -> None:
    if area_m2 is None:
        return
    _check_numbers(area_m2, None, None)
    others = centre.rooms.filter(ended_on__isnull=True).values_list("area_m2", flat=True)
    total = sum(one or 0 for one in others) + area_m2
    if centre.area_m2 is not None and total > centre.area_m2:
        words = {"total": total, "area": centre.area_m2}
        raise BadCentre(
            _("功能室面积合计 %(total)d 平方米，超过中心的 %(area)d 平方米。") % words,
            field="area_m2", remedy=_("请核对面积，或先登记中心的新面积。"),
        )  # fmt: skip


@transaction.atomic
def end_room(room: Room, *, on: date, by: User, at: datetime) -> Room:
    """Take a room out of use; what is booked there from that day on has to be cancelled before.

    :raises WrongState: if it is out of use, or booked on that day or later
    :raises BadCentre: for a day to come
    :raises NotPermitted: unless `by` keeps the register of the land
    """
    room = (
        Room.objects.select_for_update(of=("self",))
        .select_related("centre__region")
        .get(pk=room.pk)
    )
    must_keep(by, room.centre.region.path, what=_("停用功能室"))
    if room.ended_on:
        raise WrongState(_("“%s”已停用。") % room.name)
    if on > localdate(at):
        raise BadCentre(_("日期还没到。"), field="on")
    ahead = room.bookings.holding().filter(ends_at__gt=at)
    if ahead.exists():
        raise WrongState(
            _("“%(name)s”还有 %(n)d 个预约。") % {"name": room.name, "n": ahead.count()},
            remedy=_("请先取消这些预约并告诉预约人。"),
        )
    room.ended_on, room.is_bookable = on, False
    room.save(update_fields=["ended_on", "is_bookable"])
    return room


@transaction.atomic
def add_photo(
    *, centre: Centre, data: bytes, kind: str, caption: str, by: User, at: datetime
) -> CentrePhoto:  # fmt: skip
    """Keep a picture of the centre (gate, inside). Raises as `photos.actions.keep_photo`."""
    centre = locked(centre)
    must_keep(by, centre.region.path, what=_("上传中心照片"))
    if kind not in CentrePhoto.Kind.values:
        raise BadCentre(_("请选择部位。"), field="kind")
    if centre.photos.count() >= MOST_PHOTOS:
        raise BadCentre(_("一个中心最多放 %d 张照片。") % MOST_PHOTOS, field="photos")
    return CentrePhoto.objects.create(
        centre=centre, photo=keep_photo(data=data, by=by, at=at), kind=kind, at=at,
        caption=clean_text(caption, limit=60, field_label=_("说明")),
    )  # fmt: skip


@transaction.atomic
def add_service(
    *, centre: Centre, name: str, by: User | None, at: datetime, text: str = "", hours: str = "",
    fee: str = "",
) -> CentreService:  # fmt: skip
    """Enter something the centre does for people. Raises BadCentre, CentreThere, NotPermitted."""
    centre = locked(centre)
    if by is not None:
        must_keep(by, centre.region.path, what=_("登记服务项目"))
    name = clean_text(name, limit=40, field_label=_("服务"), required=True)
    if centre.services.filter(name=name, ended_on__isnull=True).exists():
        raise CentreThere(_("这里已有“%s”。") % name, field="name")
    return CentreService.objects.create(
        centre=centre, name=name, text=clean_text(text, limit=200, field_label=_("说明")),
        hours=clean_text(hours, limit=60, field_label=_("时间")),
        fee=clean_text(fee, limit=40, field_label=_("收费")),
    )  # fmt: skip


@transaction.atomic
def end_service(service: CentreService, *, by: User, at: datetime) -> CentreService:
    """Strike a service from the list. Raises WrongState, NotPermitted."""
    centre = locked(service.centre)
    must_keep(by, centre.region.path, what=_("停办服务项目"))
    service.refresh_from_db()
    if service.ended_on:
        raise WrongState(_("“%s”已停办。") % service.name)
    service.ended_on = localdate(at)
    service.save(update_fields=["ended_on"])
    return service


@transaction.atomic
def withdraw_centre(centre: Centre, *, by: User, at: datetime) -> None:
    """Take back an entry made by mistake, as long as nothing hangs on it.

    :raises WrongState: if it has rooms, services, hours, signs, papers, photos or scores
    :raises NotPermitted: unless `by` keeps the register of the land
    """
    centre = locked(centre)
    must_keep(by, centre.region.path, what=_("撤回登记"))
    hung = ("rooms", "services", "weeks", "day_notices", "signs", "papers", "photos", "scores")
    if any(getattr(centre, name).exists() for name in hung):
        raise WrongState(_("“%s”已有功能室、服务或照片，不能撤回，请改为关闭。") % centre.name)
    audit(actor=by, action="places.withdraw", object=f"{centre.code} {centre.name}", at=at)
    centre.area_changes.all().delete()
    centre.delete()
