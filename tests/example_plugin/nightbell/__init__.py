"""Night bell: callers ring it out of hours; the company sees who rang and when."""
