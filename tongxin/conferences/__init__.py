"""Joint conferences of Party building, and lists of needs and supplies that meet in pacts."""
