"""Invented contacts and bookings of an organizer in Germany, to try everything on without touching anybody's data."""
