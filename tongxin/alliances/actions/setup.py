"""What a new installation starts with: templates of approvals, types of problems, weights of the index."""

from __future__ import annotations

from .approvals import load_chains
from .parks import load_index
from .problems import load_types


def load_samples() -> int:
    """Bring in what is not there yet, marked as sample; return how many rows are new."""
    return load_chains() + load_types() + load_index()
