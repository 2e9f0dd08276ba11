"""pjlib's log lines in Python's logging."""

import logging

import pjsua2 as pj

logger = logging.getLogger("pjsip")

LEVELS = {1: logging.ERROR, 2: logging.WARNING, 3: logging.INFO}


class PjLog(pj.LogWriter):
    """Receives pjlib's log lines; owned by the library, which deletes it at its end."""

    def write(self, entry: pj.LogEntry) -> None:
        """Called in any native thread."""
        logger.log(LEVELS.get(entry.level, logging.DEBUG), "%s", entry.msg.strip())
