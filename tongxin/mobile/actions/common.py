"""What the writes of this app share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tongxin.kit.errors import Stale
from tongxin.photos.models import Photo


@dataclass(frozen=True)
class GivenPhoto:
    """A photo that came with an action, and what it is for."""

    photo: Photo
    slot: str


class MovedOn(Stale):
    """The thing moved on while the phone was away: both are kept, a person decides.

    `about` is what the sender may know, `found` what stands there instead, `area` whose it is.
    """

    def __init__(
        self, message: Any, *, about: dict[str, Any], found: dict[str, Any], area: str
    ) -> None:
        super().__init__(message)
        self.about, self.found, self.area = about, found, area
