"""The page of a case and its moves; the routing rules."""
