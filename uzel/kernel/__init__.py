"""Ids, time, text, phone numbers, back-off, errors: what every other room may use."""
