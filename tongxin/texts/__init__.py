"""What the words of requests tell: topics suggested, likely duplicates, hot topics, hints on a reply."""
