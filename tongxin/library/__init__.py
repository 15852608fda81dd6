"""Case studies, contests, compiled volumes, policy sets, courses and brands."""
