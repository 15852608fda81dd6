"""Which community a letter is for, which case it answers, what a signed address or id stands for."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from email.utils import parseaddr

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.cases.models import Case
from tongxin.kit.errors import NotFound
from tongxin.orgs.models import Post
from tongxin.regions.queries import prefixes
from tongxin.ui.paging import page_of

from .letters import Incoming, without_marks
from .models import Address, Correspondent, Letter, LetterRows

PAGE = 30
_NUMBER = re.compile(r"\d{6}-\d{8}-\d{4,8}")
# What our own ids and reply addresses look like: the number, and what proves it is from us.
_TOKEN = re.compile(r"t-(\d{6}-\d{8}-\d{4,8})-([0-9a-f]{20})")
SALT = "mailbox.token"


def digest(message_id: str) -> str:
    return hashlib.sha256(message_id.encode("utf-8", "replace")).hexdigest()


def token_of(number: str) -> str:
    """Return what stands in our reply addresses and message ids: it lets its holder add to a case."""
    proof = salted_hmac(SALT, number, algorithm="sha256").hexdigest()[:20]
    return f"t-{number}-{proof}"


def number_in(text: str) -> str:
    """Return the number of the case that a signed address or id stands for; "" if it is not ours."""
    for found in _TOKEN.finditer(text):
        if constant_time_compare(token_of(found[1]), found[0]):
            return found[1]
    return ""


def has_false_token(letter: Incoming) -> bool:
    """Say whether it was sent to a reply address that looks like ours and is not."""
    return any(_TOKEN.search(one) and not number_in(one) for one in letter.recipients)


def without_token(address: str) -> str:
    """Return an address as it is in the table: pine+t-1201…@x gives pine@x."""
    local, _at, domain = address.rpartition("@")
    base, plus, tag = local.rpartition("+")
    return f"{base}@{domain}" if plus and _TOKEN.fullmatch(tag) else address


def reply_address(address: str, number: str) -> str:
    local, _at, domain = address.rpartition("@")
    return f"{local}+{token_of(number)}@{domain}"


def own_addresses() -> set[str]:
    """Return every address that is ours: what comes from one of them goes round in a circle."""
    ours = set(Address.objects.values_list("address", flat=True))
    return {*ours, parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower()}


def address_for(recipients: tuple[str, ...]) -> Address | None:
    """Return the first of the addresses that is in the table."""
    wanted = [without_token(address) for address in recipients]
    rows = Address.objects.filter(address__in=wanted, is_active=True).select_related("region")
    found = {row.address: row for row in rows}
    return next((found[one] for one in wanted if one in found), None)


def case_answered(letter: Incoming) -> tuple[Case | None, bool]:
    """Return the case a letter belongs to, and whether that is proved.

    Proved is a signed reply address, an answer to a signed id of ours, or the number in the subject
    written by who wrote the case. A number alone proves nothing: numbers can be guessed.
    """
    signed = next(
        (n for text in (*letter.recipients, *letter.answers) if (n := number_in(text))), ""
    )
    if signed:
        return Case.objects.filter(number=signed).first(), True
    if letter.answers:
        seen = [digest(one) for one in letter.answers]
        before = Letter.objects.filter(digest__in=seen, case__isnull=False).select_related("case")
        if (one := before.first()) is not None and one.case is not None:
            return one.case, _wrote(one.case, letter.sender)
    if found := _NUMBER.search(letter.subject):
        case = Case.objects.filter(number=found[0]).first()
        return case, case is not None and _wrote(case, letter.sender)
    return None, False


def number_named(letter: Letter) -> str:
    """Return the number of a case that stands in the subject, whether or not there is one."""
    found = _NUMBER.search(letter.subject)
    return found[0] if found else ""


def title_for(letter: Letter) -> str:
    """Return what a case of this letter may be called: the subject without marks and numbers."""
    subject = _NUMBER.sub("", without_marks(letter.subject)).strip(" （）()编号")
    return (subject or letter.text.split("\n")[0])[:60]


def _wrote(case: Case, sender: str) -> bool:
    index = sealer().index(sender)
    return bool(index) and Correspondent.objects.filter(case=case, address_index=index).exists()


def page_link(number: str) -> str:
    """Return the address of the page on which a correspondent follows their case."""
    path = reverse("mailbox:follow", args=[Signer(salt="mailbox.page").sign(number)])
    return settings.TONGXIN_URL.rstrip("/") + path


def case_of_link(token: str) -> Case:
    """Return the case of such a link.

    :raises NotFound: if it is not one of ours
    """
    try:
        number = Signer(salt="mailbox.page").unsign(token)
    except BadSignature:
        raise NotFound(_("这个链接不完整，请从邮件里重新打开。")) from None
    case = Case.objects.filter(number=number).select_related("topic", "region").first()
    if case is None:
        raise NotFound(_("没有找到这件事。"))
    return case


def deciders_of(area: str, at: datetime) -> list[User]:
    """Return who takes requests in for a place: dispatchers of the nearest land that has some."""
    for path in reversed(list(prefixes(area))):
        posts = Post.objects.held_on(localdate(at)).filter(
            role="dispatcher", region__path=path, user__is_active=True
        )
        if users := [post.user for post in posts.select_related("user")]:
            return users
    return []


def letters_page(actor, *, state: str = "", cursor: str = "") -> tuple[list[Letter], str]:
    """Return a page of the letters somebody sees, newest first, and the next cursor.

    :raises BadCursor: for a cursor that no page gave
    """
    rows: LetterRows = (
        Letter.objects.visible_to(actor).select_related("case", "region").defer("text")
    )
    if state:
        rows = rows.filter(state=state)
    return page_of(rows, cursor, PAGE)


def waiting(actor) -> int:
    """Return how many letters wait for somebody's decision."""
    return Letter.objects.visible_to(actor).filter(state=Letter.State.HELD).count()
