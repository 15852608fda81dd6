"""Who may see a photo: every register answers for the photos it owns.

A register says so once, when it starts (`apps.ready`):

    gates.register("findings", may_see)

`may_see(actor, photo)` is true if the register owns the photo and shows it to the actor.
`may_reveal(actor, photo)` is asked for where and by what it was taken; without it a register opens
that to nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tongxin.accounts.models import User

from .models import Photo

Ask = Callable[[User, Photo], bool]


def nobody(actor: User, photo: Photo) -> bool:
    return False


@dataclass(frozen=True)
class Gate:
    may_see: Ask
    may_reveal: Ask = nobody


_gates: dict[str, Gate] = {}


def register(name: str, may_see: Ask, may_reveal: Ask = nobody) -> None:
    """Let a register answer for its photos; `name` is its app's (again: replaces)."""
    _gates[name] = Gate(may_see, may_reveal)


def may_see(actor: User, photo: Photo) -> bool:
    """Say whether the actor handed the photo in, or a register shows it to them."""
    if actor.pk is not None and photo.uploaded_by_id == actor.pk:
        return True
    return any(gate.may_see(actor, photo) for gate in _gates.values())


def may_reveal(actor: User, photo: Photo) -> bool:
    """Say whether the actor may read where and by what the photo was taken."""
    return any(gate.may_reveal(actor, photo) for gate in _gates.values())
