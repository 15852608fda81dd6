"""Organisation life on effective-dated rules: from the plan of a meeting to its approved minutes."""
