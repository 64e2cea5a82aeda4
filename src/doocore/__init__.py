"""An event organizer's contact center, as rules one can trust."""
