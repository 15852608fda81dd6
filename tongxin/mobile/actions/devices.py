"""The register of phones (S3.50): first seen, handed out, handed back, lost, found."""

from __future__ import annotations

import re
import uuid
from datetime import date, datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, revoke_token, tell
from tongxin.accounts.models import Token, User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org
from tongxin.orgs.scope import roles_over

from ..models import KEEPERS, Device

FRESH = timedelta(minutes=1)  # how long "last seen" may be behind
ANDROID = re.compile(r"Android [^;)]*; ([^;)]+?)(?: Build/[^;)]*)?[;)]")


class NotKeeper(NotPermitted):
    """Phones are handed out by the officers of the land, and the administrator."""


class WrongState(Refused):
    """A phone that is lost is not handed back; one that nobody has is not lost."""


class NotAnOrg(Invalid):
    """A phone belongs to an organisation."""


def model_of(agent: str) -> str:
    """Return the model of a phone out of what its browser says of itself."""
    if match := ANDROID.search(agent):
        return match[1][:80]
    for name in ("iPhone", "iPad", "HarmonyOS", "Windows", "Macintosh", "Linux"):
        if name in agent:
            return name
    return ""


def touch_device(
    *, uid: uuid.UUID, user: User, at: datetime, app: str = "", agent: str = "", skew: int = 0,
    session_key: str = "", token_digest: str = "",
) -> Device:  # fmt: skip
    """Return the phone of an app, known from now on if it was not; write down that it was heard."""
    heard = {
        "last_user_id": user.pk,
        "app_version": app[:20],
        "session_key": session_key[:40],
        "token_digest": token_digest[:64],
    }
    device = Device.objects.filter(uid=uid).first()
    if device is None:
        try:
            with transaction.atomic():
                return Device.objects.create(
                    uid=uid, model=model_of(agent), first_seen=at, last_seen=at,
                    skew_seconds=skew, **heard,
                )  # fmt: skip
        except IntegrityError:  # its first two calls came at once
            device = Device.objects.get(uid=uid)
    changed = any(getattr(device, name) != value for name, value in heard.items())
    if changed or at - device.last_seen > FRESH:
        for name, value in (heard | {"last_seen": at, "skew_seconds": skew}).items():
            setattr(device, name, value)
        device.model = device.model or model_of(agent)
        names = [name.removesuffix("_id") for name in heard]
        device.save(update_fields=[*names, "last_seen", "skew_seconds", "model"])
    return device


def keeps_devices_of(actor: User, org: Org | None) -> bool:
    """Say whether the actor hands out the phones of an organisation."""
    if actor.is_superuser:
        return True
    if org is None:
        return False
    return not roles_over(actor, org.region.path).isdisjoint(KEEPERS)


@transaction.atomic
def give_device(
    *, device: Device, label: str, org: Org | None, holder: User, on: date, by: User, at: datetime
) -> Device:
    """Write down who carries a phone, and whose it is; a lost one is found first.

    :raises NotKeeper: unless the actor keeps the phones of the organisation
    :raises WrongState: if the phone is lost
    :raises Invalid: without an organisation or a label, or for a day to come
    """
    if org is None:
        raise NotAnOrg(_("请选择配发单位。"), field="org")
    must_keep(by, org)
    device = Device.objects.select_for_update().get(pk=device.pk)
    if device.org_id and device.org_id != org.pk:
        must_keep(by, device.org)
    if device.lost_at:
        raise WrongState(_("这部手机已报失，请先登记找回。"))
    if on > at.date() + timedelta(days=1):
        raise Invalid(_("领用日期不能晚于今天。"), field="given_on")
    device.label = clean_text(label, limit=60, field_label=_("编号或名称"), required=True)
    device.org, device.holder, device.given_on, device.returned_on = org, holder, on, None
    device.save()
    _note(device, "device.give", by, at, {"holder": holder.username, "org": org.name})
    return device


@transaction.atomic
def return_device(*, device: Device, on: date, by: User, at: datetime) -> Device:
    """Write down that a phone was handed back; its sign-in ends.

    :raises NotKeeper, WrongState, Invalid: (a day before it was handed out)
    """
    device = Device.objects.select_for_update().get(pk=device.pk)
    must_keep(by, device.org)
    if device.state != "given":
        raise WrongState(_("这部手机现在没有配发给谁，不用交回。"))
    if device.given_on and on < device.given_on:
        raise Invalid(_("交回日期不能早于领用日期。"), field="returned_on")
    device.returned_on = on
    _end_sign_in(device, by, at)
    device.save()
    _note(device, "device.return", by, at, {})
    return device


@transaction.atomic
def lose_device(*, device: Device, why: str, by: User, at: datetime) -> Device:
    """Report a phone lost: its sign-in ends; what still comes from it waits for a person.

    Its holder may do so, and who keeps the phones of its organisation.

    :raises NotKeeper, WrongState, Invalid:
    """
    device = Device.objects.select_for_update().get(pk=device.pk)
    if device.holder_id != by.pk:
        must_keep(by, device.org)
    if device.lost_at:
        raise WrongState(_("这部手机已经报失。"))
    device.lost_why = clean_text(why, limit=200, field_label=_("报失说明"), required=True)
    device.lost_at = at
    _end_sign_in(device, by, at)
    device.save()
    _note(device, "device.lose", by, at, {})
    if device.holder and device.holder_id != by.pk:
        tell(
            users=[device.holder],
            title=_("手机已报失"),
            text=_("%s 已报失，上面的登录已退出。") % device,
            url="/field/devices/",
            key=f"device-lost:{device.pk}:{at:%Y%m%d%H%M%S}",
            at=at,
        )
    return device


@transaction.atomic
def find_device(*, device: Device, by: User, at: datetime) -> Device:
    """Write down that a lost phone is back; it may sign in and send again.

    :raises NotKeeper, WrongState:
    """
    device = Device.objects.select_for_update().get(pk=device.pk)
    must_keep(by, device.org)
    if not device.lost_at:
        raise WrongState(_("这部手机没有报失。"))
    device.lost_at, device.lost_why = None, ""
    device.save(update_fields=["lost_at", "lost_why"])
    _note(device, "device.find", by, at, {})
    return device


def must_keep(actor: User, org: Org | None) -> None:
    """:raises NotKeeper: unless the actor hands out the phones of an organisation"""
    if not keeps_devices_of(actor, org):
        raise NotKeeper(_("这部手机由配发单位所在街镇（区）的管理员登记。"))


def _end_sign_in(device: Device, by: User, at: datetime) -> None:
    """End the session, and stop the token, by which the phone was last heard."""
    if device.session_key:
        import_module(settings.SESSION_ENGINE).SessionStore(device.session_key).delete()
    if device.token_digest:
        for token in Token.objects.filter(digest=device.token_digest):
            revoke_token(token=token, by=by, at=at)
    device.session_key = device.token_digest = ""


def _note(device: Device, action: str, by: User, at: datetime, detail: dict) -> None:
    audit(actor=by, action=action, object=f"{device} {device.uid}", at=at, detail=detail)
