"""Who stands where: organisations, posts, volunteers. All permission comes from here."""
