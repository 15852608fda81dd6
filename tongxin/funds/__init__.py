"""Money: sources, special accounts, allocations and payments in an append-only ledger."""
