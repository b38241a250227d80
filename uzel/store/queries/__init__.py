"""Hot reads, one named statement each. Whoever may not see a ticket does not get it from here."""
