"""The suites that every adapter passes; standard library only."""
