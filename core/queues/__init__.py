"""Who rings next and why; live queue state."""
