"""The link by which an owner without an account says a word on a problem."""

from __future__ import annotations

from django.core import signing

from tongxin.cases.models import Case

SALT = "alliance-owner"


def owner_token(case: Case) -> str:
    """Return the token of the link; it opens one question of one case and nothing else."""
    return signing.Signer(salt=SALT).sign(str(case.pk))
