"""First secretaries and village teams; how secretaries are asked, graded, removed and honoured."""
