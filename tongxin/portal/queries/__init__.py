"""What the desk, the verifier's page and the overview read."""
