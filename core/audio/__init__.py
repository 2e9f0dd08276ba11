"""Sounds: stored files and rendered speech."""
