"""What people do: reply, assign, merge, split, promise, close. Called by api and by rules alike."""
