"""One folder per channel kind, found by looking, imported by nobody."""
