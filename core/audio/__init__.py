"""Sounds: the tenant's library, text-to-speech, rendered prompts, hold music and tones."""
