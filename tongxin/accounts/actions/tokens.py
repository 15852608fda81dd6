from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.kit.text import clean_text

from ..models import Token, User
from ..queries import digest
from .auditing import audit


@transaction.atomic
def make_token(*, user: User, name: str, at: datetime, expires_at: datetime | None = None) -> str:
    """Return a new API token ("tx_" and 40 characters): the only time it can be read.

    Raises `kit.text.Missing` or `TooLong` for its name.
    """
    name = clean_text(name, limit=60, field_label=_("用途"), required=True)
    token = "tx_" + secrets.token_urlsafe(30)
    Token.objects.create(
        user=user, name=name, digest=digest(token), created_at=at, expires_at=expires_at
    )
    audit(actor=user, action="token.make", object=name, at=at)
    return token


@transaction.atomic
def revoke_token(*, token: Token, by: User, at: datetime) -> None:
    """Stop a token for good; stopping it again changes nothing."""
    if Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at):
        audit(actor=by, action="token.revoke", object=f"{token.user_id}:{token.name}", at=at)
