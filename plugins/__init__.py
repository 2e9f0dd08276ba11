"""Modules of Sentralbord: each is a plugin that uses only `core.api`, like anyone else's."""
