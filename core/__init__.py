"""Sentralbord: a multi-tenant company switchboard and contact centre."""
