"""Other servers we hand cases on to, and the rules by which."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.cases.models import Event, Topic
from tongxin.kit.errors import Invalid
from tongxin.kit.text import clean_text
from tongxin.regions.models import Region

from ..guarded import refuse_address
from ..models import ClientKey, Forwarding, ForwardRule, Peer
from .keys import must_administer
from .telling import begin_telling


class BadAddress(Invalid):
    """Nothing may be sent to that address."""


class RuleTwice(Invalid):
    """The topic already goes to that peer from there."""


@transaction.atomic
def save_peer(
    *,
    name: str,
    url: str,
    by: User,
    at: datetime,
    key: str = "",
    jurisdiction: str = "",
    is_active: bool = True,
    takes_updates: bool = False,
    client: ClientKey | None = None,
    peer: Peer | None = None,
) -> Peer:
    """Write down another server, or change one; an empty key keeps the one there is.

    What is handed on begins with what happens from now on.

    :raises NotTheAdministrator, BadAddress, Invalid:
    """
    must_administer(by)
    url = clean_text(url, limit=300, field_label=_("接口地址"), required=True).rstrip("/")
    if why := refuse_address(url):
        raise BadAddress(why, field="url")
    starts_telling = peer is not None and takes_updates and not peer.takes_updates
    if peer is None:
        seen = Event.objects.order_by("-id").values_list("id", flat=True).first() or 0
        peer = Peer(created_at=at, seen=seen)
    peer.name = clean_text(name, limit=60, field_label=_("对方系统"), required=True)
    peer.url, peer.is_active, peer.client = url, is_active, client
    peer.takes_updates = takes_updates
    peer.jurisdiction = clean_text(jurisdiction, limit=60, field_label=_("辖区代码"))
    if key:
        peer.key_sealed = sealer().seal(key)
    peer.save()
    if starts_telling:
        begin_telling(peer)
    audit(actor=by, action="open311.peer.save", object=peer.name, at=at)
    return peer


def add_rule(
    *,
    peer: Peer,
    topic: Topic,
    service_code: str,
    by: User,
    at: datetime,
    region: Region | None = None,
) -> ForwardRule:
    """Hand requests of a topic (in an area) on to a peer, under its service code, from now on.

    :raises NotTheAdministrator, RuleTwice, Invalid: also for a topic that is not public
    """
    must_administer(by)
    code = clean_text(service_code, limit=60, field_label=_("对方服务代码"), required=True)
    if not topic.is_public:
        raise Invalid(_("“%s”是不公开的事项，不能转交给其他系统。") % topic.name, field="topic")
    try:
        with transaction.atomic():
            rule = ForwardRule.objects.create(
                peer=peer, topic=topic, region=region, service_code=code
            )
            audit(actor=by, action="open311.rule.add", object=f"{peer.name} {topic.name}", at=at)
    except IntegrityError:
        raise RuleTwice(_("这个事项在这个范围已有转交规则。"), field="topic") from None
    return rule


@transaction.atomic
def drop_rule(*, rule: ForwardRule, by: User, at: datetime) -> None:
    """Hand no more requests on by a rule; what has been handed on is still looked at."""
    must_administer(by)
    told = f"{rule.peer.name} {rule.topic.name}"
    Forwarding.objects.filter(
        peer=rule.peer, state=Forwarding.State.WAITING, sent_at=None, tries=0,
        case__topic=rule.topic,
    ).update(state=Forwarding.State.ENDED, next_at=None)  # fmt: skip
    rule.delete()
    audit(actor=by, action="open311.rule.drop", object=told, at=at)
