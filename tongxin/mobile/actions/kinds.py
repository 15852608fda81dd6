"""What each kind of action does: one action of the house, with the phone's time corrected."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from tongxin.cases.actions import make_move
from tongxin.cases.models import Case, Event, Evidence
from tongxin.cases.queries import Guarded, NoSuchMove, get_move, topic_by_code, where_it_went
from tongxin.fieldwork import actions as fieldwork
from tongxin.fieldwork.models import Visit
from tongxin.grids.actions import set_state
from tongxin.grids.models import Component
from tongxin.kit.errors import Invalid, NotFound, NotPermitted, Stale
from tongxin.kit.ids import uuid7
from tongxin.orgs.models import Post
from tongxin.orgs.scope import posts_of
from tongxin.photos.actions import compare_photo
from tongxin.photos.models import Photo
from tongxin.regions.queries import locate, region_of
from tongxin.requests.actions import file_request
from tongxin.requests.models import Channel

from ..models import FieldAction
from ..queries.sites import Site, site_of
from ..queries.topics import sort_of
from . import duty
from .common import GivenPhoto, MovedOn
from .reading import moment_of
from .watching import watch_quarrel

About = dict[str, Any]
CODE_LENGTH = 17  # of a component's own number
EVIDENCE = {kind.value for kind in Evidence.Kind}
OF_LAND = ("grid", "community", "building")  # targets for which the sign of their land will do
SIGNATURE = "visit-signature"  # the slot of the picture of who was there; no item is called so
MOVE_FIELDS = ("stars", "tags", "minutes", "amount", "reached", "solved")


class WrongSite(Invalid):
    """The sign that was read is another place's."""


class NoPlace(Invalid):
    """Without a place nobody can tell where it was."""


class NothingSaid(Invalid):
    """Something needed is not there."""


def act(action: FieldAction, photos: list[GivenPhoto]) -> About:
    """Do what the action says as its user, at its time; return {"title", "url", "number"}.

    Called in a transaction that ends with the action's row.

    :raises Refused: whatever the action of the house refuses; nothing is changed
    :raises MovedOn: if it moved on while the phone was away
    """
    about = HANDLERS[action.kind](action, photos)
    hide_content(action)
    return about


def hide_content(action: FieldAction) -> None:
    """Drop what may only be kept elsewhere: positions of a track live 30 days, in their own table."""
    if action.kind == "track":
        points = action.data.get("points")
        action.data = {"n": len(points) if isinstance(points, list) else action.data.get("n", 0)}


def evidence_of(given: list[GivenPhoto], *, kind: str = "") -> list[Evidence]:
    """Return unsaved evidence of a case out of photos that were kept; the files are shared."""
    return [_evidence(one.photo, kind or one.slot) for one in given]


def _evidence(photo: Photo, kind: str) -> Evidence:
    return Evidence(
        id=uuid7(photo.uploaded_at),
        kind=kind if kind in EVIDENCE else "photo",
        file=photo.file.name,
        thumb=photo.thumb.name,
        sha256=photo.sha256,
        size=photo.size,
        uploaded_by_id=photo.uploaded_by_id,
        uploaded_at=photo.uploaded_at,
        taken_at=photo.taken_at,
        exif=photo.exif,
    )


def _compare(action: FieldAction, photos: list[GivenPhoto]) -> None:
    place = action.place or {}
    for one in photos:
        compare_photo(one.photo, at=action.at, lng=place.get("lng"), lat=place.get("lat"))


def _text(action: FieldAction, name: str, *, most: int = 10_000) -> str:
    value = action.data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > most:
        raise Invalid(_("“%s”读不懂，请重新填写。") % name, field=name)
    return value


def _id(action: FieldAction, name: str) -> uuid.UUID:
    try:
        return uuid.UUID(str(action.data.get(name)))
    except ValueError:
        raise NotFound(_("没有找到，或您看不到它。"), field=name) from None


# Reports.


def _report(action: FieldAction, photos: list[GivenPhoto]) -> About:
    """A trouble met on the round, a quarrel, somebody in need: three kinds by topic (S4.34)."""
    data, place = action.data, action.place or {}
    topic = topic_by_code(_text(action, "topic", most=18)) if data.get("topic") else None
    text = _text(action, "text")
    if topic is None and not text.strip():
        raise NothingSaid(_("请选择类别，或写一句话。"), field="topic")
    on_foot = any(post.role == Post.Role.GRID_WORKER for post in posts_of(action.user))
    answers = data.get("answers")
    lng, lat = _degrees(data, place, "lng"), _degrees(data, place, "lat")
    case = file_request(
        text=text.strip() or str(topic),
        title="" if text.strip() else str(topic),
        topic=topic,
        region=region_of(locate(lng, lat)),
        lng=lng,
        lat=lat,
        address=_text(action, "address", most=500),
        evidence=evidence_of(photos, kind="photo"),
        channel=Channel.GRID if on_foot else Channel.PROACTIVE,
        answers=answers if isinstance(answers, dict) else {},
        is_asked=False,
        is_private=data.get("is_private") is True,
        key=action.key,
        at=action.at,
        actor=action.user,
    )
    _compare(action, photos)
    if topic is not None and sort_of(topic) == "dispute" and not case.is_replay:
        watch_quarrel(case, action)
    return about_case(case)


def _degrees(data: dict[str, Any], place: dict[str, Any], name: str) -> float:
    """Return a coordinate of the pin, or else of where the phone was."""
    value = data.get(name, place.get(name))
    limit = 180 if name == "lng" else 90
    if value is None:
        raise NoPlace(_("没有位置，请在地图上点出位置后再发送。"), field="place")
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > limit:
        raise NoPlace(_("位置不对，请在地图上重新点出位置。"), field="place")
    return float(value)


def about_case(case: Case) -> About:
    return {
        "title": case.title,
        "url": reverse("cases:detail", args=[case.pk]),
        "number": case.number,
    }


# Orders.


def _move(action: FieldAction, photos: list[GivenPhoto]) -> About:
    case = Case.objects.select_related("topic").filter(pk=_id(action, "case")).first()
    if case is None:
        raise NotFound(_("没有找到这张单子，或您看不到它。"), field="case")
    name, seen = _text(action, "move", most=40), action.based_on
    move = get_move(case, name)
    words = {word for need in (*move.needs, *move.takes) for word in need.split("|")}
    given: dict[str, Any] = {one: action.data.get(one) for one in MOVE_FIELDS}
    given["until"] = moment_of(action.data.get("until"))
    given["place"] = _bare(action.place) if "place" in words else None
    try:
        event = make_move(
            case,
            name,
            at=action.at,
            actor=action.user,
            note=_text(action, "note", most=4000),
            evidence=evidence_of(photos),
            expect=_still(case, action),
            key=action.key,
            **given,
        )
    except (Stale, NoSuchMove, NotPermitted, NotFound, Guarded):
        if seen is not None and _others_moved(case, action):
            raise _moved_on(case, action) from None
        raise
    _compare(action, photos)
    return about_case(event.case)


def _bare(place: dict[str, Any] | None) -> dict[str, Any] | None:
    return {name: place[name] for name in ("lng", "lat", "accuracy") if name in place} if place else None  # fmt: skip


def _still(case: Case, action: FieldAction) -> int | None:
    """Return the length to expect: what the phone saw, or the present one if only the same person
    moved it since, or nobody took it to another step.

    :raises MovedOn: if somebody else did
    """
    if action.based_on is None or action.based_on == case.length:
        return action.based_on
    if _others_moved(case, action):
        raise _moved_on(case, action)
    return case.length


def _others_moved(case: Case, action: FieldAction) -> bool:
    """Say whether anybody else took the case to another step since the phone saw it."""
    since = Event.objects.filter(case=case.pk, seq__gt=action.based_on)
    rows = since.exclude(actor=action.user).values_list("source", "target")
    return any(source != target for source, target in rows)


def _moved_on(case: Case, action: FieldAction) -> MovedOn:
    """Tell what stands there now: the whole to who decides, that it moved on to the sender."""
    move = case.flow.move_of.get(str(action.data.get("move")))
    return MovedOn(
        _("%(number)s 在您离线时已由别人处理，您这一步已保存，等派单员核对。")
        % {"number": case.number},
        about={"title": case.title, "number": case.number, "url": "/field/"},
        found={
            "case": str(case.pk),
            "number": case.number,
            "title": case.title,
            "step": case.step,
            "step_label": str(case.flow.step_of[case.step].label),
            "move_label": str(move.label) if move else "",
            "length": case.length,
            "sentence": where_it_went(case),
        },
        area=case.area,
    )


# Visits.


def _visit(action: FieldAction) -> Visit:
    rows = Visit.objects.visible_to(action.user).select_related("target", "region")
    visit = rows.filter(pk=_id(action, "visit")).first()
    if visit is None:
        raise NotFound(_("没有找到这次走访，或您看不到它。"), field="visit")
    return visit


def about_visit(visit: Visit) -> About:
    url = reverse("fieldwork:visit", args=[visit.pk])
    return {"title": visit.title, "url": url, "number": visit.number}


def _begin(action: FieldAction, photos: list[GivenPhoto]) -> About:
    visit = _visit(action)
    how = _text(action, "how", most=10) or ("gps" if action.place else "none")
    if code := _text(action, "code", most=200):
        how = "qr"
        _check_site(site_of(code), visit)
    elif how == "qr":
        raise WrongSite(_("没有读到现场的二维码，请重新扫码。"), field="code")
    fieldwork.begin_visit(
        visit, at=action.at, by=action.user, place=_bare(action.place), how=how, key=action.key,
        recorded_at=action.received_at,
    )  # fmt: skip
    return about_visit(visit)


def _check_site(site: Site, visit: Visit) -> None:
    """:raises WrongSite: if a sign stands for another place than the visit's"""
    if site.target is not None:
        fits = site.target == visit.target_id
    else:
        of_land = visit.target is None or visit.target.kind in OF_LAND
        fits = of_land and visit.area.startswith(site.area)
    if not fits:
        raise WrongSite(
            _("这个码是“%(site)s”的，不是“%(visit)s”的。请到现场扫对应的码。")
            % {"site": site.name, "visit": visit.title},
            field="code",
        )


def _finish(action: FieldAction, photos: list[GivenPhoto]) -> About:
    visit, answers = _visit(action), action.data.get("answers") or {}
    if not isinstance(answers, dict) or not all(isinstance(a, dict) for a in answers.values()):
        raise Invalid(_("填报的内容读不懂，请重新填写。"), field="answers")
    version = action.data.get("checklist_version")
    if version is not None and not isinstance(version, int):
        raise Invalid(_("清单版本不对，请更新清单后再填报。"), field="checklist_version")
    signed = next((one.photo for one in photos if one.slot == SIGNATURE), None)
    own, whole = _by_answer(answers, [one for one in photos if one.slot != SIGNATURE])
    visit = fieldwork.finish_visit(
        visit, answers=own, at=action.at, by=action.user, checklist_version=version,
        note=_text(action, "note"), mood=_text(action, "mood", most=20), photos=whole,
        signature=signed, place=_bare(action.place), key=action.key,
        recorded_at=action.received_at,
    )  # fmt: skip
    if visit.rivals.filter(key=action.key[:80], decision="").exists():
        # The row of the second report has to stand, so this is no refusal: it is the outcome.
        action.found = {
            "visit": str(visit.pk),
            "title": visit.title,
            "number": visit.number,
            "by": visit.finished_by.name if visit.finished_by else "",
            "at": localtime(visit.finished_at).isoformat() if visit.finished_at else "",
        }
        action.area = visit.area
    return about_visit(visit)


def _note(action: FieldAction, photos: list[GivenPhoto]) -> About:
    """A word afterwards, which changes nothing of what was reported."""
    visit = fieldwork.note_visit(
        _visit(action), note=_text(action, "note"), photos=[one.photo for one in photos],
        at=action.at, by=action.user, recorded_at=action.received_at,
    )  # fmt: skip
    _compare(action, photos)
    return about_visit(visit)


def _by_answer(
    answers: dict[str, Any], photos: list[GivenPhoto]
) -> tuple[dict[str, dict[str, Any]], list[Photo]]:
    """Give every answer the photos it names, or that came in its slot; return these and the rest."""
    here = {str(one.photo.pk): one for one in photos}
    used: set[str] = set()
    read = {}
    for code, answer in answers.items():
        named = [str(one) for one in answer.get("photos") or [] if isinstance(one, str)]
        named += [id for id, one in here.items() if one.slot == code and id not in named]
        used |= set(named)
        read[str(code)] = {"value": answer.get("value"), "note": str(answer.get("note") or ""), "photos": named}  # fmt: skip
    return read, [one.photo for id, one in here.items() if id not in used]


# The rest.


def _check_in(action: FieldAction, photos: list[GivenPhoto]) -> About:
    """A sign on the spot, or a place: the log of the round (S4.33)."""
    _compare(action, photos)
    if code := _text(action, "code", most=200):
        site = site_of(code)
        return {"title": _("签到：%s") % site.name, "url": "", "number": ""}
    if not action.place:
        raise NoPlace(
            _("没有位置也没有扫码，不能签到。请打开定位，或扫现场的二维码。"), field="place"
        )
    return {"title": _("签到"), "url": "", "number": ""}


def _component(action: FieldAction, photos: list[GivenPhoto]) -> About:
    """How a manhole cover, a lamp, a bin was found."""
    component = _component_of(action)
    if component is None:
        raise NotFound(_("没有找到这个部件，或您看不到它。"), field="component")
    set_state(
        component, state=_text(action, "state", most=20), note=_text(action, "note"),
        photos=[one.photo for one in photos], at=action.at, by=action.user, key=action.key,
        recorded_at=action.received_at,
    )  # fmt: skip
    _compare(action, photos)
    return {
        "title": component.name,
        "number": component.code,
        "url": reverse("grids:component", args=[component.code]),
    }


def _component_of(action: FieldAction) -> Component | None:
    """Return the component named by its id, or by its code of 17 digits, if the user sees it."""
    asked = action.data.get("component")
    rows = Component.objects.visible_to(action.user)
    if isinstance(asked, str) and asked.isdecimal() and len(asked) == CODE_LENGTH:
        return rows.filter(code=asked).first()
    is_id = isinstance(asked, int) and not isinstance(asked, bool) and 0 < asked < 2**63
    return rows.filter(pk=asked).first() if is_id else None


Handler = Callable[[FieldAction, list[GivenPhoto]], About]
HANDLERS: dict[str, Handler] = {
    "report": _report,
    "order.move": _move,
    "visit.begin": _begin,
    "visit.finish": _finish,
    "visit.note": _note,
    "component.state": _component,
    "checkin": _check_in,
    "notice.agree": duty.agree,
    "notice.revoke": duty.revoke,
    "duty.start": duty.start,
    "duty.stop": duty.stop,
    "track": duty.track,
}
