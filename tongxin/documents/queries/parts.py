"""Who plays which part in a document: from posts in the unit concerned, never from land."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.timezone import localdate

from tongxin.accounts.models import User
from tongxin.orgs.models import Org, Post
from tongxin.orgs.scope import posts_of

from ..models import Countersign, Document, Recipient, written_by
from ..scope import DESK_ROLES, REVIEWERS, SIGNERS, desks_of, roles_in


def writes_for(actor, org: Org) -> bool:
    """Say whether the actor may draft in the name of a unit: at its desk, or at one above it."""
    held = [post for post in posts_of(actor) if post.role in DESK_ROLES]
    return any(post.org_id == org.pk or (post.org_path and org.path.startswith(post.org_path)) for post in held)  # fmt: skip


def parts_in(actor, document: Document) -> frozenset[str]:
    """Return the parts the actor plays in a document; who drafted it never approves it."""
    parts = set()
    roles = roles_in(actor, document.org_id)
    is_drafter = actor.pk == document.drafter_id
    if is_drafter:
        parts.add("drafter")
    if roles & set(DESK_ROLES) or is_drafter:
        parts |= {"registrar", "issuer"}
    if not is_drafter:
        parts |= {"reviewer"} if roles & set(REVIEWERS) else set()
        parts |= {"signer"} if roles & set(SIGNERS) else set()
    return frozenset(parts)


def may_sign_for(org: Org, *, but: int = 0) -> QuerySet[User]:
    """Return who can sign for a unit today, without the one who drafted."""
    return people_at(org.pk, SIGNERS).exclude(pk=but)


def may_review_for(org: Org, *, but: int = 0) -> QuerySet[User]:
    return people_at(org.pk, REVIEWERS).exclude(pk=but)


def people_at(org: int, roles=DESK_ROLES) -> QuerySet[User]:
    """Return who holds one of the roles in that very unit today."""
    held = Post.objects.held_on(localdate()).filter(org=org, role__in=roles)
    return User.objects.filter(pk__in=held.values("user"), is_active=True).order_by("pk")


def own_recipients(actor, document: Document) -> list[Recipient]:
    """Return the recipients of the document at whose desk the actor sits, once it was delivered."""
    rows = document.recipients.filter(org__in=desks_of(actor), delivered_at__isnull=False)
    return list(rows.select_related("org", "case"))


def with_standing(rows: QuerySet[Document], actor) -> QuerySet[Document]:
    """Add to each whether the actor stands inside (`is_inside`), and what else its page would ask for."""
    later = Document.objects.filter(replaces=OuterRef("pk"), issued_at__isnull=False)
    return rows.annotate(
        is_inside=written_by(actor),
        has_later=Exists(later),
        has_asked=Exists(Countersign.objects.filter(document=OuterRef("pk"))),
    )


def reads_as_recipient_only(actor, document: Document) -> bool:
    """Say whether the actor sees the letter and their own replies, but not how it came about."""
    if hasattr(document, "is_inside"):  # it came by `with_standing`, for this actor
        return not document.is_inside
    return not Document.objects.filter(written_by(actor), pk=document.pk).exists()
