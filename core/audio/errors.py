"""What can be wrong with a sound."""


class SoundError(ValueError):
    """An audio file cannot be used; the message says why and what to do."""


class SoundNotFound(LookupError):
    """There is no such sound in this tenant."""
