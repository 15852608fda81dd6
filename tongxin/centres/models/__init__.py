"""A centre's day: what is delegated to it, its windows and their queue, matters taken in, use counted."""

from .catalogue import DelegatedPower, DelegatedService, DelegatedServiceQuerySet, ServiceOffer
from .use import UseCount, UseCountQuerySet
from .window import Matter, MatterQuerySet, Ticket, TicketQuerySet, Window, WindowHonour

__all__ = [
    "DelegatedPower",
    "DelegatedService",
    "DelegatedServiceQuerySet",
    "Matter",
    "MatterQuerySet",
    "ServiceOffer",
    "Ticket",
    "TicketQuerySet",
    "UseCount",
    "UseCountQuerySet",
    "Window",
    "WindowHonour",
]
