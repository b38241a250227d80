"""Taking in a batch: claim deliveries, load all facts at once, collect rows, write them at once."""
