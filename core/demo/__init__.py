"""A demo company with a simulated telephone network: what `make demo` runs."""

from core.demo.run import run_demo

__all__ = ["run_demo"]
