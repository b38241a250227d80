"""Uzel: one person, one problem, one chain."""
