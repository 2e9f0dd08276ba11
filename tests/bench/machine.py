"""What machine was measured on, and what a process takes of it, from /proc."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def machine() -> dict[str, object]:
    """Processor, cores, memory and Python: figures mean nothing without them."""
    processor = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "unknown"
    )
    memory = next(int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal"))
    system = os.uname()
    return {
        "processor": processor,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory / 1024 / 1024, 1),
        "system": f"{system.sysname} {system.release} {system.machine}",
    }


@dataclass(frozen=True, slots=True)
class Reading:
    """What some processes had taken at a moment."""

    at: float
    """Monotonic seconds."""
    cpu: dict[str, float]
    """Processor seconds since their start, by name."""
    memory: dict[str, int]
    """Resident bytes, by name."""
    busy: float
    """Processor seconds that everybody on this machine had taken."""


def read(processes: dict[str, int]) -> Reading:
    """Look at processes (name → pid). Raises FileNotFoundError when one is gone."""
    return Reading(
        time.monotonic(),
        {name: _cpu(pid) for name, pid in processes.items()},
        {name: _memory(pid) for name, pid in processes.items()},
        _busy(),
    )


def percent(before: Reading, after: Reading) -> dict[str, float]:
    """Percent of one core that each process took between two readings, and whoever else was at work."""
    seconds = after.at - before.at
    taken = {name: after.cpu[name] - before.cpu[name] for name in after.cpu}
    taken["others"] = after.busy - before.busy - sum(taken.values())
    return {name: round(100 * used / seconds, 2) for name, used in taken.items()}


def _busy() -> float:
    user, nice, system, _idle, _iowait, *interrupts = map(int, _lines("/proc/stat")[0].split()[1:8])
    return (user + nice + system + sum(interrupts)) / TICKS


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _memory(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


def _lines(file: str) -> list[str]:
    return Path(file).read_text().splitlines()
