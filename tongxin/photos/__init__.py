"""Pictures of every register: proved, stripped, kept with their hash, shown by their owner's gate."""
