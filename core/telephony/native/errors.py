"""What the native build says when it cannot go on."""


class BuildError(Exception):
    """The build cannot go on; the text says what failed and what to do, in one line."""
