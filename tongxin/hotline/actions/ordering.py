"""Orders of another hotline (12345): one case for each number, however often it is sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.cases.actions import system_move
from tongxin.cases.models import Case, Topic
from tongxin.cases.queries import topic_by_code
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text, normal_phone
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import region_of, world
from tongxin.requests.actions import file_request
from tongxin.requests.importing import Guesser, Places
from tongxin.requests.models import Channel

from ..models import OutsideOrder
from ..queries import caller_number

NUMBER_LIMIT, MOST_ORDERS = 60, 500
SKEW = timedelta(minutes=5)
OLDEST = timedelta(days=366)
FIELDS = ("caller", "text", "title", "region", "street", "community", "lng", "lat", "address",
          "topic", "topic_hint", "deadline", "at", "is_private")  # fmt: skip


class OrderClosed(Refused):
    """The case is closed: what changed afterwards is another matter."""


class TooManyOrders(Invalid):
    """A batch has at most MOST_ORDERS orders."""


@dataclass(frozen=True)
class OrderVerdict:
    """What became of an order: created, known (nothing new), added (told to who handles it), refused."""

    number: str
    verdict: str
    case: Case | None = None
    refusal: Refused | None = None


class Intake:
    """Takes orders for one caller of the API; keeps what is the same for all of a batch."""

    def __init__(self, by: User, at: datetime) -> None:
        self.by, self.at = by, at
        posts = [post for post in posts_of(by) if post.role == "operator"]
        if not posts:
            raise NotPermitted(_("只有热线话务员（或热线系统的账号）可以传入工单。"))
        self.org = Org(pk=posts[0].org_id)
        self.home = world().by_id[posts[0].region_id]

    @cached_property
    def places(self) -> Places:
        return Places(self.home)

    @cached_property
    def topics(self) -> list[Topic]:
        return list(Topic.objects.filter(is_active=True))

    @cached_property
    def guesser(self) -> Guesser:
        return Guesser(self.topics)

    @transaction.atomic
    def take(self, given: Mapping[str, Any]) -> OrderVerdict:
        """File an order, or find it; see `take_order`."""
        number = clean_text(
            str(given.get("id") or ""), limit=NUMBER_LIMIT, field_label=_("来文编号"), required=True
        )
        stamp = print_of(given)
        known = self._known(number)
        if known is not None:
            return self._again(known, given, stamp)
        try:
            with transaction.atomic():
                case = self._file(number, given, stamp)
        except IntegrityError:  # the same order, sent twice at the same time
            known = self._known(number)
            if known is None:
                raise
            return self._again(known, given, stamp)
        return OrderVerdict(number, "created", case)

    def _known(self, number: str) -> OutsideOrder | None:
        rows = OutsideOrder.objects.select_for_update(of=("self",)).select_related("case__topic")
        return rows.filter(org=self.org.pk, number=number).first()

    def _again(self, order: OutsideOrder, given: Mapping[str, Any], stamp: str) -> OrderVerdict:
        """Answer an order that is known: nothing new, or what changed becomes a note on its case."""
        if order.print == stamp:
            return OrderVerdict(order.number, "known", order.case)
        if not order.case.is_open:
            when = localtime(order.case.closed_at).strftime("%Y-%m-%d")
            raise OrderClosed(
                _("工单 %(number)s 对应的 %(case)s 已于 %(day)s 办结，内容有变请换编号另传。")
                % {"number": order.number, "case": order.case.number, "day": when},
                field="id",
            )
        self._check(given)
        lines = [_("来文 %s 有更新") % order.number, str(given["text"])]
        if deadline := given.get("deadline"):
            lines.append(_("时限 %s") % localtime(deadline).strftime("%Y-%m-%d %H:%M"))
        system_move(order.case, "add", at=self.at, note="\n".join(lines)[:2000])
        order.print, order.deadline, order.reminded_at = stamp, given.get("deadline"), None
        order.versions += 1
        if given.get("caller"):
            order.caller_sealed = sealer().seal(caller_number(given["caller"]))
        order.save(update_fields=["print", "deadline", "reminded_at", "versions", "caller_sealed"])
        return OrderVerdict(order.number, "added", order.case)

    def _check(self, given: Mapping[str, Any]) -> None:
        if not str(given.get("text") or "").strip():
            raise Invalid(_("请写明诉求内容（text）。"), field="text")
        written = given.get("at")
        if written is not None and not self.at - OLDEST <= written <= self.at + SKEW:
            raise Invalid(_("来电时间（at）在将来，或是一年以前。"), field="at")
        deadline = given.get("deadline")
        if deadline is not None and written is not None and deadline <= written:
            raise Invalid(_("时限（deadline）早于来电时间。"), field="deadline")
        if (given.get("lng") is None) != (given.get("lat") is None):
            raise Invalid(_("经度和纬度要一起填写。"), field="lng")

    def _file(self, number: str, given: Mapping[str, Any], stamp: str) -> Case:
        self._check(given)
        caller = caller_number(given.get("caller") or "")
        deadline = given.get("deadline")
        told = {"order": number}
        if deadline:
            told["deadline"] = localtime(deadline).strftime("%Y-%m-%d %H:%M")
        if given.get("at"):
            told["written_at"] = given["at"].isoformat()
        region = self._place(given)
        case = file_request(
            text=given["text"], title=given.get("title") or "", topic=self._topic(given),
            region=region, lng=given.get("lng"), lat=given.get("lat"),
            address=given.get("address") or "", contact=_mobile(caller), channel=Channel.HOTLINE,
            is_private=bool(given.get("is_private")), at=self.at, actor=self.by,
            reporter=self._account_of(caller), data=told,
        )  # fmt: skip
        OutsideOrder.objects.create(
            org=self.org, region=region_of(self.home), number=number, case=case, print=stamp,
            deadline=deadline, topic_hint=clean_text(given.get("topic_hint") or "", limit=60, field_label=_("来文分类")),
            caller_sealed=sealer().seal(caller), received_at=self.at, received_by=self.by,
        )  # fmt: skip
        return case

    def _account_of(self, caller: str) -> User | None:
        index = sealer().index(caller)
        return User.objects.filter(phone_index=index, is_active=True).first() if index else None

    def _place(self, given: Mapping[str, Any]) -> Region:
        """Return where it lies: by code, point or names; what names no place lies with the desk.

        :raises Invalid: for a place outside the land of the desk
        """
        land, _is_named = self.places.find(
            code=given.get("region") or "", street=given.get("street") or "",
            community=given.get("community") or "", lng=given.get("lng"), lat=given.get("lat"),
        )  # fmt: skip
        if not land.path.startswith(self.home.path):
            raise Invalid(_("%s不归本热线受理。") % land.name, field="region")
        return region_of(land)

    def _topic(self, given: Mapping[str, Any]) -> Topic | None:
        if code := given.get("topic"):
            return topic_by_code(code)
        hint, text = given.get("topic_hint") or "", str(given["text"])
        named = next((topic for topic in self.topics if topic.name == hint), None)
        return named or self.guesser.guess(f"{hint} {given.get('title') or ''}", text)


def _mobile(number: str) -> str:
    try:
        return normal_phone(number) if number else ""
    except Refused:
        return ""


def print_of(given: Mapping[str, Any]) -> str:
    """Return a print of what an order says, by which a change is noticed."""
    said = {name: given.get(name) for name in FIELDS if given.get(name) not in (None, "", False)}
    text = json.dumps(said, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def take_order(*, given: Mapping[str, Any], by: User, at: datetime) -> OrderVerdict:
    """Take an order of another hotline: a request with channel 热线 (S3.49), once for each number.

    `given` names FIELDS and "id". Sent again unchanged it is the same case; changed, what it says
    now becomes a note on the case.

    :raises NotPermitted: if the caller answers no hotline
    :raises OrderClosed: if it changed after its case was closed
    :raises Invalid: for what cannot be filed, naming the field
    """
    return Intake(by, at).take(given)


def take_orders(*, rows: Iterable[Mapping[str, Any]], by: User, at: datetime) -> list[OrderVerdict]:
    """Take a batch, each on its own: one that is refused says why and stops no other.

    :raises TooManyOrders: for more than MOST_ORDERS
    """
    rows = list(rows)
    if len(rows) > MOST_ORDERS:
        raise TooManyOrders(_("一次最多传 %d 张工单。") % MOST_ORDERS, field="orders")
    intake, verdicts = Intake(by, at), []
    for row in rows:
        try:
            verdicts.append(intake.take(row))
        except Refused as refusal:
            verdicts.append(
                OrderVerdict(str(row.get("id", ""))[:NUMBER_LIMIT], "refused", refusal=refusal)
            )
    return verdicts
