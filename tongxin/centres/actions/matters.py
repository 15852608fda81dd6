"""One window, one line, one result (S1.53): taken in, told once what is missing, filed, handed over."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.cases.models import Topic
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.ids import uuid7
from tongxin.kit.text import clean_text, mask_name, normal_phone
from tongxin.photos.actions import keep_photo
from tongxin.places.models import Centre
from tongxin.regions.queries import calendar_for
from tongxin.requests.actions import file_request
from tongxin.requests.models import Channel

from ..models import DelegatedService, Matter, ServiceOffer, Ticket, Window
from ..queries.links import progress_url
from .common import locked, must_serve, scoped

State = Matter.State
ENDED = ("verified", "closed")  # steps of a request in which there is a result


class BadMatter(Invalid):
    """A service that is not in force, materials that the service does not ask for."""


class NotOffered(Refused):
    """The centre does not take this service in."""


class WrongMatterState(Refused):
    """The matter is not where that can be done."""


class StillWorked(Refused):
    """The request is not finished: there is no result to hand over."""


@transaction.atomic
def take_in(
    *, centre: Centre, service: DelegatedService, name: str, phone: str, has: Collection[int],
    by: User, at: datetime, note: str = "", window: Window | None = None,
    ticket: Ticket | None = None, key: str = "",
) -> Matter:  # fmt: skip
    """Take a matter in. `has` are the positions of the materials that were brought.

    With all of them it is filed as a request at once; else it waits with its notice (一次性告知),
    which names everything that is missing, once.

    :raises NotOffered: if the centre does not take the service in
    :raises BadMatter: for a service not in force, a material it does not ask for
    :raises NotPermitted: unless `by` sits at this centre's windows
    """
    centre = locked(centre)
    must_serve(by, centre.region.path, what=_("受理窗口事项"))
    kept = scoped(by, key)
    if kept and (old := Matter.objects.filter(key=kept).first()):
        return old
    today = localdate(at)
    _must_offer(centre, service, today)
    name = clean_text(name, limit=20, field_label=_("姓名"), required=True)
    phone = normal_phone(phone)
    box = sealer()
    made = Matter(
        id=uuid7(at), number=_number(centre, today), centre=centre, service=service,
        window=window, ticket=ticket, name_sealed=box.seal(name), phone_sealed=box.seal(phone),
        phone_index=box.index(phone), label=mask_name(name),
        user=User.objects.filter(phone_index=box.index(phone), is_active=True).first(),
        materials=_materials(service, has), state=State.NOTICE, day=today, by=by, at=at, key=kept,
        note=clean_text(note, limit=300, field_label=_("情况说明"), multiline=True),
    )  # fmt: skip
    made.save(force_insert=True)
    if all(one["has"] for one in made.materials):
        _file(made, phone, by, at)
    return made


def _must_offer(centre: Centre, service: DelegatedService, today: date) -> None:
    if not DelegatedService.objects.on(today).filter(pk=service.pk).exists():
        raise BadMatter(_("“%s”不在现行目录里。") % service.name, field="service")
    offered = ServiceOffer.objects.filter(
        centre=centre, code=service.code, to_date__isnull=True, from_date__lte=today
    )
    if centre.state != Centre.State.OPEN or not offered.exists():
        raise NotOffered(
            _("“%s”不在这个中心办理。") % service.name, field="service",
            remedy=_("请登记引导，告诉居民最近的办理点。"),
        )  # fmt: skip


def _materials(service: DelegatedService, has: Collection[int]) -> list[dict]:
    if any(n not in range(len(service.materials)) for n in has):
        raise BadMatter(_("材料清单已更新，请重新勾选。"), field="has")
    return [{"name": words, "has": n in has} for n, words in enumerate(service.materials)]


def _number(centre: Centre, day: date) -> str:
    prefix = f"{centre.code}-{day:%Y%m%d}-"
    n = Matter.objects.filter(centre=centre, day=day).count() + 1
    while Matter.objects.filter(number=f"{prefix}{n:03d}").exists():
        n += 1
    return f"{prefix}{n:03d}"


def _file(matter: Matter, phone: str, by: User, at: datetime) -> None:
    """File the request by which the matter is worked on."""
    service, centre = matter.service, matter.centre
    topic = Topic.objects.filter(code=service.topic_code).first() if service.topic_code else None
    words = [
        _("窗口受理：%(name)s（%(number)s）") % {"name": service.name, "number": matter.number},
        _("材料齐全：%s") % "、".join(service.materials),
        _("由%(who)s决定，%(days)d 个工作日内办结。") % {"who": service.decided_by, "days": service.days},
        matter.note,
    ]  # fmt: skip
    matter.case = file_request(
        text="\n".join(filter(None, words)), title=service.name[:40], topic=topic,
        region=centre.region, address=centre.address, channel=Channel.DESK, contact=phone,
        is_private=True, is_asked=False, at=at, actor=by, reporter=matter.user,
        key=f"matter:{matter.pk}", data={"source": "window", "matter": str(matter.pk)},
    )  # fmt: skip
    calendar = calendar_for(centre.region.path)
    matter.due_on = localdate(calendar.add(at, calendar.day * service.days))
    matter.state = State.FILED
    matter.save(update_fields=["case", "due_on", "state"])
    if matter.user is not None:
        tell(
            users=[matter.user], title=_("窗口已受理：%s") % service.name,
            text=_("%s 前办结") % matter.due_on, url=progress_url(matter),
            key=f"matter:{matter.pk}:filed", at=at,
        )  # fmt: skip


def _lock(matter: Matter) -> Matter:
    rows = Matter.objects.select_for_update(of=("self",))
    return rows.select_related("centre__region", "service", "user", "case").get(pk=matter.pk)


def _must_be(matter: Matter, *states: str) -> None:
    if matter.state not in states:
        words = {"number": matter.number, "state": matter.get_state_display()}
        raise WrongMatterState(_("%(number)s 现在是“%(state)s”。") % words)


@transaction.atomic
def complete(matter: Matter, *, has: Collection[int], by: User, at: datetime) -> Matter:
    """Write down what was brought since; with everything there it is filed.

    `has` are the positions of all materials that are there now. What was there stays.
    Raises WrongMatterState, BadMatter, NotPermitted.
    """
    matter = _lock(matter)
    must_serve(by, matter.centre.region.path, what=_("补收材料"))
    _must_be(matter, State.NOTICE)
    before = {n for n, one in enumerate(matter.materials) if one["has"]}
    if any(n not in range(len(matter.materials)) for n in has):
        raise BadMatter(_("材料清单已更新，请重新勾选。"), field="has")
    for n, one in enumerate(matter.materials):
        one["has"] = n in before or n in has
    matter.save(update_fields=["materials"])
    if all(one["has"] for one in matter.materials):
        _file(matter, sealer().open(matter.phone_sealed), by, at)
    return matter


@transaction.atomic
def record_result(matter: Matter, *, result: str, by: User, at: datetime) -> Matter:
    """Write down the one result that is there to be fetched; the person is told.

    :raises StillWorked: while its request is not finished and verified
    :raises WrongMatterState, NotPermitted:
    """
    matter = _lock(matter)
    must_serve(by, matter.centre.region.path, what=_("登记办理结果"))
    _must_be(matter, State.FILED)
    if matter.case is None or matter.case.step not in ENDED:
        raise StillWorked(
            _("单子还没有办结验收，没有结果可交。"), remedy=_("请在单子里催办，或等验单通过。")
        )
    matter.result = clean_text(result, limit=300, field_label=_("办理结果"), required=True)
    matter.state, matter.ready_at = State.READY, at
    matter.save(update_fields=["result", "state", "ready_at"])
    if matter.user is not None:
        tell(
            users=[matter.user], title=_("可以来领取结果：%s") % matter.service.name,
            text=matter.centre.name, url=progress_url(matter), key=f"matter:{matter.pk}:ready", at=at,
        )  # fmt: skip
    return matter


@transaction.atomic
def hand_over(
    matter: Matter, *, to: str, by: User, at: datetime, signature: bytes | None = None
) -> Matter:  # fmt: skip
    """Hand the result over and write down who signed for it, with a photo of the slip if there is one.

    Raises WrongMatterState, NotPermitted; as `photos.actions.keep_photo`.
    """
    matter = _lock(matter)
    must_serve(by, matter.centre.region.path, what=_("交付办理结果"))
    _must_be(matter, State.READY)
    matter.handed_to = clean_text(to, limit=40, field_label=_("领取人"), required=True)
    if signature:
        matter.signature = keep_photo(data=signature, by=by, at=at)
    matter.state, matter.handed_at = State.HANDED, at
    matter.save(update_fields=["handed_to", "signature", "state", "handed_at"])
    return matter


@transaction.atomic
def refer(
    *, centre: Centre, service: DelegatedService, name: str, phone: str, to: Centre | None,
    by: User, at: datetime, key: str = "",
) -> Matter:  # fmt: skip
    """Write down that somebody was shown the way elsewhere: it counts against 不出社区.

    :raises BadMatter: for the same centre, or a service not in force
    :raises NotPermitted:
    """
    centre = locked(centre)
    must_serve(by, centre.region.path, what=_("登记引导"))
    kept = scoped(by, key)
    if kept and (old := Matter.objects.filter(key=kept).first()):
        return old
    today = localdate(at)
    if not DelegatedService.objects.on(today).filter(pk=service.pk).exists():
        raise BadMatter(_("“%s”不在现行目录里。") % service.name, field="service")
    if to is not None and to.pk == centre.pk:
        raise BadMatter(_("不能引导到本中心。"), field="to")
    name = clean_text(name, limit=20, field_label=_("姓名"), required=True)
    phone, box = normal_phone(phone), sealer()
    return Matter.objects.create(
        id=uuid7(at), number=_number(centre, today), centre=centre, service=service,
        name_sealed=box.seal(name), phone_sealed=box.seal(phone), phone_index=box.index(phone),
        label=mask_name(name), materials=[], state=State.REFERRED, referred_to=to, day=today,
        by=by, at=at, key=kept,
    )  # fmt: skip


@transaction.atomic
def drop_matter(matter: Matter, *, why: str, by: User, at: datetime) -> Matter:
    """Put away what was never filed: the person does not come back. Raises WrongMatterState."""
    matter = _lock(matter)
    must_serve(by, matter.centre.region.path, what=_("撤回窗口事项"))
    _must_be(matter, State.NOTICE)
    matter.result = clean_text(why, limit=300, field_label=_("原因"), required=True)
    matter.state = State.DROPPED
    matter.save(update_fields=["result", "state"])
    return matter


def forget_matters(*, at: datetime, limit: int = 200) -> int:
    """Erase names and telephones of matters that ended two years ago; that there was one stays."""
    old = localdate(at) - timedelta(days=731)
    rows = Matter.objects.filter(
        day__lt=old, state__in=(State.HANDED, State.REFERRED, State.DROPPED)
    ).exclude(name_sealed="")
    pks = list(rows.order_by("day", "pk").values_list("pk", flat=True)[:limit])
    return Matter.objects.filter(pk__in=pks).update(
        name_sealed="", phone_sealed="", phone_index="", label="—", handed_to="—"
    )
