"""Alliances that carry a project through its approvals; problems of parks; homes for builders."""
