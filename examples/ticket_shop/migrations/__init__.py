"""How the database of the shop came to be."""
