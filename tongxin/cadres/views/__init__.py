"""The pages of cadres."""
