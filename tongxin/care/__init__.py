"""Files of people who need care, read by need only; visits that are due, help that was given."""
