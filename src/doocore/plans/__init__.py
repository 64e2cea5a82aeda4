"""Stories: what a request needs to know, and what it wants written."""
