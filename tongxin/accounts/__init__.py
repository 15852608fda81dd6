"""Who signs in: users, codes by phone, API tokens, notices, deliveries, the audit log."""
