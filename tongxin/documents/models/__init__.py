"""Kinds, registers and templates; the document with its recipients, opinions and replies."""

from .documents import (
    Countersign,
    Document,
    DocumentFile,
    DocumentQuerySet,
    Opinion,
    Recipient,
    Reply,
    written_by,
)
from .kinds import (
    DocumentKind,
    DocumentNumber,
    DocumentTemplate,
    DocumentTemplateQuerySet,
    NumberRegister,
    NumberRegisterQuerySet,
    RegisterYear,
)
from .retention import Retention, RetentionQuerySet

__all__ = [
    "Countersign",
    "Document",
    "DocumentFile",
    "DocumentKind",
    "DocumentNumber",
    "DocumentQuerySet",
    "DocumentTemplate",
    "DocumentTemplateQuerySet",
    "NumberRegister",
    "NumberRegisterQuerySet",
    "Opinion",
    "Recipient",
    "RegisterYear",
    "Reply",
    "Retention",
    "RetentionQuerySet",
    "written_by",
]
