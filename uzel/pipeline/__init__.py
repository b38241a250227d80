"""What happens to what comes in. Read intake.py first."""
