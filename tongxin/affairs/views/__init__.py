"""Pages of the affairs of party units."""
