"""The register of people: who they are, sealed and searchable; what is opened, and for whom."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.accounts.actions import audit, audit_look
from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Invalid, NotFound, NotPermitted, Refused
from tongxin.kit.identity import read_identity
from tongxin.kit.initials import initials_of
from tongxin.kit.text import clean_text, normal_phone

from ..models import Org, Person
from ..queries import keeps_person, tail_index
from ..scope import keeps_register

UNSET: Any = object()  # "leave it as it is", where "" or None would take it away
# What is kept of a person beside name, identity number and telephone.
PLAIN = ("ethnicity", "education", "occupation", "home", "grid", "employer", "learning_since")
TEXTS = {"ethnicity": (20, gettext_lazy("民族")), "occupation": (40, gettext_lazy("职业（职务）"))}


class NotRegistrar(NotPermitted):
    """The registers of a unit are kept by its secretary and organiser, and by those above it."""


class IdentityTaken(Refused):
    """Somebody with this identity number is in the register already."""


class BadPerson(Invalid):
    """What is said of a person contradicts itself."""


class NothingSealed(NotFound):
    """There is no such number on record."""


class AccountTaken(Refused):
    """The account belongs to somebody else in the register."""


def must_keep(by: User | None, unit: Org) -> None:
    """Raise NotRegistrar unless `by` keeps the register of the unit; None is the system itself."""
    if by is not None and not keeps_register(by, unit.path):
        raise NotRegistrar(
            _("“%s”的党员名册由它的书记、组织员或上级党组织维护。") % unit,
            remedy=_("请联系该党组织的书记办理。"),
        )


def must_keep_person(by: User | None, person: Person) -> None:
    """Raise NotRegistrar unless `by` keeps the register of the branch that the person is in."""
    if by is not None and not keeps_person(by, person):
        raise NotRegistrar(
            _("只有所在党组织的书记、组织员或上级党组织可以修改。"),
            remedy=_("请联系所在党支部办理。"),
        )


def prepare_person(
    *,
    name: str,
    on: date,
    identity: str = "",
    phone: str = "",
    gender: str = "",
    born_on: date | None = None,
    **plain: Any,
) -> Person:
    """Return a person, checked and sealed and not yet saved; the importer saves many at a time.

    An identity number says gender and birth date; what is given beside it must agree.
    `plain` are words of PLAIN. `on` is the day of writing.

    :raises BadNumber: for an identity number or telephone that is none (GB 11643)
    :raises BadPerson: where two statements disagree, or the home is no community
    """
    person = Person(gender=gender, born_on=born_on)
    _set_name(person, name)
    _set_identity(person, identity, on)
    _set_phone(person, phone)
    _set_plain(person, plain)
    _check(person, on)
    return person


@transaction.atomic
def add_person(*, at: datetime, by: User | None = None, **given: Any) -> Person:
    """Write somebody into the register; `given` as in `prepare_person`.

    :raises IdentityTaken: if the identity number is in the register, and what `prepare_person` raises
    """
    person = prepare_person(on=localdate(at), **given)
    _save(person)
    audit(actor=by, action="person.add", object=f"person:{person.pk}", at=at)
    return person


@transaction.atomic
def change_person(
    *,
    person: Person,
    at: datetime,
    by: User | None,
    name: str = UNSET,
    identity: str = UNSET,
    phone: str = UNSET,
    gender: str = UNSET,
    born_on: date | None = UNSET,
    **plain: Any,
) -> Person:
    """Change what is known of a person; what is not named stays. An empty number removes it.

    :raises NotRegistrar: unless `by` keeps the register of their branch
    :raises IdentityTaken: and what `prepare_person` raises
    """
    must_keep_person(by, person)
    person = Person.objects.select_for_update().get(pk=person.pk)
    before = _state(person)
    if gender is not UNSET:
        person.gender = gender
    if born_on is not UNSET:
        person.born_on = born_on
    if name is not UNSET:
        _set_name(person, name)
    if identity is not UNSET:
        _set_identity(person, identity, localdate(at))
    if phone is not UNSET:
        _set_phone(person, phone)
    _set_plain(person, plain)
    _check(person, localdate(at))
    changed = sorted(name for name, value in _state(person).items() if before[name] != value)
    if not changed:
        return person
    _save(person)
    audit(
        actor=by,
        action="person.change",
        object=f"person:{person.pk}",
        detail={"fields": changed},
        at=at,
    )
    return person


@transaction.atomic
def link_user(*, person: Person, user: User | None, at: datetime, by: User | None) -> Person:
    """Say which account is this person's: from then on they see their own membership. None unlinks.

    :raises NotRegistrar: unless `by` keeps the register of their branch
    :raises AccountTaken: if the account is somebody else's in the register
    """
    must_keep_person(by, person)
    if user is not None and Person.objects.exclude(pk=person.pk).filter(user=user).exists():
        raise AccountTaken(
            _("这个账号已关联到名册里的另一个人。"),
            field="account",
            remedy=_("请先在那个人的页面取消关联。"),
        )
    person.user = user
    person.save(update_fields=["user"])
    detail = {"user": user.username if user else ""}
    audit(actor=by, action="person.link", object=f"person:{person.pk}", detail=detail, at=at)
    return person


@transaction.atomic
def unmask_person(
    *, person: Person, field: str, by: User, reason: str, at: datetime, address: str = ""
) -> str:
    """Return a person's "identity" or "phone" in full, and write down who wanted it and why.

    :raises NotRegistrar: unless `by` keeps the register of their branch, or is the person
    :raises NothingSealed: if there is none
    :raises NoReason: for a reason of fewer than four characters
    """
    if person.user_id != by.pk:
        must_keep_person(by, person)
    sealed = {"identity": person.identity_sealed, "phone": person.phone_sealed}.get(field)
    if not sealed:
        raise NothingSealed(_("没有登记这项内容。"))
    audit_look(
        actor=by,
        action=f"person.{field}",
        object=f"person:{person.pk}",
        reason=reason,
        at=at,
        address=address,
    )
    return sealer().open(sealed)


def _set_name(person: Person, name: str) -> None:
    person.name = clean_text(name, limit=40, field_label=_("姓名"), required=True)
    person.initials = initials_of(person.name)


def _set_identity(person: Person, identity: str, on: date) -> None:
    if not identity:
        person.identity_sealed = person.identity_index = ""
        return
    read = read_identity(identity, on=on)
    if person.born_on and person.born_on != read.born_on:
        raise BadPerson(
            _("出生日期与身份证号不一致：身份证号上是 %s，请核对。") % read.born_on,
            field="born_on",
        )
    if person.gender and person.gender != read.gender:
        said = Person.Gender(read.gender).label
        raise BadPerson(
            _("性别与身份证号不一致：身份证号上是“%s”，请核对。") % said, field="gender"
        )
    person.born_on, person.gender = read.born_on, read.gender
    person.identity_sealed = sealer().seal(read.number)
    person.identity_index = sealer().index(read.number)


def _set_phone(person: Person, phone: str) -> None:
    phone = normal_phone(phone) if phone else ""
    person.phone_sealed, person.phone_index = sealer().seal(phone), sealer().index(phone)
    person.phone_tail = tail_index(phone)


def _set_plain(person: Person, plain: dict[str, Any]) -> None:
    for name, value in plain.items():
        if name not in PLAIN:
            raise TypeError(f"a person has no {name}")
        if name in TEXTS:
            limit, label = TEXTS[name]
            value = clean_text(value, limit=limit, field_label=str(label))  # noqa: PLW2901
        setattr(person, name, value)
    if "grid" in plain and person.grid and not person.home:
        person.home = person.grid.parent


def _check(person: Person, on: date) -> None:
    if person.born_on and person.born_on > on:
        raise BadPerson(_("出生日期还没有到，请核对。"), field="born_on")
    if person.home and person.home.level != "community":
        raise BadPerson(_("居住地请选到社区或村。"), field="home")
    if person.grid and person.grid.level != "grid":
        raise BadPerson(_("居住网格请选一个网格。"), field="grid")
    if person.grid and person.home and not person.grid.path.startswith(person.home.path):
        raise BadPerson(
            _("“%(grid)s”不在%(home)s里，请核对居住地。")
            % {"grid": person.grid, "home": person.home},
            field="grid",
        )


def _save(person: Person) -> None:
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError as error:
        raise identity_taken() from error


def identity_taken() -> IdentityTaken:
    return IdentityTaken(
        _("这个身份证号已登记在名册里的另一个人名下，请核对号码。"), field="identity"
    )


def _state(person: Person) -> dict[str, Any]:
    """Return what may change, with the numbers by their index: each sealing looks different."""
    names = ("name", "gender", "born_on", "identity_index", "phone_index", *PLAIN)
    keys = {"home", "grid", "employer"}
    return {
        name.removesuffix("_index"): getattr(person, f"{name}_id" if name in keys else name)
        for name in names
    }
