"""What residents and streets ask for: service requests, whistles, wishes, follow-ups."""
