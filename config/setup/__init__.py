"""Set-up: everything between a clean clone and a running Sentralbord, with the standard library alone."""
