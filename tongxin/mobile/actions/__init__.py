"""Every write of the phone's door: what was sent, photos in pieces, conflicts, phones, duty."""

from .applying import apply_action, apply_followers
from .devices import (
    NotKeeper,
    find_device,
    give_device,
    keeps_devices_of,
    lose_device,
    return_device,
    touch_device,
)
from .duty import look_at_track
from .judging import decide, withdraw
from .receiving import MOST_ACTIONS, receive_batch
from .tidying import apply_due, end_duties, forget_contents, forget_parts, forget_tracks
from .uploads import MOST_CHUNK, get_incoming, take_chunk

__all__ = [
    "MOST_ACTIONS",
    "MOST_CHUNK",
    "NotKeeper",
    "apply_action",
    "apply_due",
    "apply_followers",
    "decide",
    "end_duties",
    "find_device",
    "forget_contents",
    "forget_parts",
    "forget_tracks",
    "get_incoming",
    "give_device",
    "keeps_devices_of",
    "look_at_track",
    "lose_device",
    "receive_batch",
    "return_device",
    "take_chunk",
    "touch_device",
    "withdraw",
]
