"""Verbs: pure functions, one file for each chapter of the rules."""
