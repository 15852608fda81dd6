"""Open311 GeoReport v2: our requests for other systems, and theirs for ours."""
