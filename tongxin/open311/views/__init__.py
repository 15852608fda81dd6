"""The door itself (the contract), and the administrator's pages about it."""
