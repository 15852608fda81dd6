"""Forms of alliances, approvals and parks."""
