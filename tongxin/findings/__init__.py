"""What somebody found wrong, who answers for it, and how it is put right and written off."""
