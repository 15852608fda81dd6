"""Every write of this app, by verb."""

from .hot import (
    dismiss_topic,
    find_hot_topics,
    hot_topics_due,
    merge_topics,
    rename_topic,
    restore_topic,
    split_topic,
)
from .log import follow_events, index_cases, sweep_traces
from .same import (
    MatterOver,
    NothingToMerge,
    OwnMatter,
    join_matter,
    leave_matter,
    merge_cases,
)

__all__ = [
    "MatterOver",
    "NothingToMerge",
    "OwnMatter",
    "dismiss_topic",
    "find_hot_topics",
    "follow_events",
    "hot_topics_due",
    "index_cases",
    "join_matter",
    "leave_matter",
    "merge_cases",
    "merge_topics",
    "rename_topic",
    "restore_topic",
    "split_topic",
    "sweep_traces",
]
