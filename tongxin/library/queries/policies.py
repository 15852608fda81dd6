"""Policy sets as they are read: "1+8", clause by clause, and from a rule back to its basis."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Count, Q

from tongxin.documents.models import Document
from tongxin.orgs.models import Org

from ..models import ClauseLink, PolicyDocument, PolicySet


def shape_of(documents: list[PolicyDocument]) -> str:
    """Return "1+8": how many main and how many supporting documents stand."""
    standing = [one.role for one in documents if one.replaced_by_id is None]
    return f"{standing.count('main')}+{standing.count('supporting')}"


def documents_of(policy_set: PolicySet) -> list[PolicyDocument]:
    """Return all documents of a set with how many clauses, tasks and rules; the standing first."""
    return list(
        policy_set.documents.annotate(
            n_clauses=Count("clauses", distinct=True),
            n_tasks=Count("clauses__links", filter=Q(clauses__links__what="task"), distinct=True),
            n_rules=Count("clauses__links", filter=Q(clauses__links__what="rule"), distinct=True),
        ).order_by("order", "-effective_from", "pk")
    )  # fmt: skip


def clauses_of(document: PolicyDocument) -> list[dict[str, Any]]:
    """Return a document clause by clause with the tasks and rules of each."""
    rows = []
    for clause in document.clauses.prefetch_related("links"):
        links = list(clause.links.all())
        rows.append(
            {
                "clause": clause,
                "tasks": [one for one in links if one.what == "task"],
                "rules": [one for one in links if one.what == "rule"],
            }
        )
    return rows


def basis_of(actor: Any, kind: str, ref: str, on: date) -> list[dict[str, Any]]:
    """Return the clauses a rule or a task rests on that the actor may read: those in force first (S3.5)."""
    documents = PolicyDocument.objects.visible_to(actor) | PolicyDocument.objects.public()
    rows = (
        ClauseLink.objects.filter(kind=kind, ref=ref, clause__document__in=documents)
        .select_related("clause__document").order_by("pk")
    )  # fmt: skip
    found = [
        {"link": row, "clause": row.clause, "document": row.clause.document, "holds": row.clause.document.in_force(on)}
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda row: not row["holds"])


def units_below(org: Org, *, level: str = "", word: str = "") -> Any:
    """Return the units that may be asked to read: those under a unit in its tree or on its land.

    `level` narrows them to land of a level, `word` to names with it.
    """
    under = Q(region__path__under=org.region.path)
    under = under | Q(path__startswith=org.path) if org.path else under
    rows = Org.objects.public().filter(under).exclude(pk=org.pk).exclude(kind__in=("team", "unit"))
    rows = rows.filter(region__level=level) if level else rows
    rows = rows.filter(name__icontains=word) if word else rows
    return rows.order_by("kind", "region__path", "pk")


def issued_documents(actor: Any) -> Any:
    return Document.objects.visible_to(actor).filter(issued_at__isnull=False).order_by("-pk")
