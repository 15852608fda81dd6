"""Pages of party units, and of people and their membership."""
