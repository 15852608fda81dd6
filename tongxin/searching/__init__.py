"""Chinese full text over cases, people and documents, through the database's own index."""
