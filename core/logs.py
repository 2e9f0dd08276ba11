"""Logging of every process: one line an entry, as text or JSON, to standard error."""

import json
import logging
import sys
from datetime import UTC, datetime

from core.config import LogSettings


class JsonFormatter(logging.Formatter):
    """An entry as one JSON object, for log collectors."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "process": self._process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def set_up_logging(settings: LogSettings, process: str) -> None:
    """Log to standard error in the chosen format; `process` is the name that entries carry."""
    handler = logging.StreamHandler(sys.stderr)
    if settings.format == "json":
        handler.setFormatter(JsonFormatter(process))
    else:
        text = f"%(asctime)s %(levelname)-7s {process} %(name)s: %(message)s"
        handler.setFormatter(logging.Formatter(text, "%H:%M:%S"))
    logging.basicConfig(level=settings.level, handlers=[handler], force=True)
    for chatty in ("uvicorn.access", "httpx", "asyncio"):
        logging.getLogger(chatty).setLevel("WARNING")
