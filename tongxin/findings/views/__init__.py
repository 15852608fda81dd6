"""The pages of findings: the ledger, a finding, what is in common, what units owe."""
