"""Opening hours: which category holds when (OPH)."""
