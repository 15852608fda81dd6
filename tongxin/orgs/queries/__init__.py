"""Every read of orgs that has more than one user, gathered from the files of this folder."""

from .orgs import (
    active_people,
    actor_of_token,
    orgs_for,
    posts_with_names,
)

__all__ = ["active_people", "actor_of_token", "orgs_for", "posts_with_names"]
