"""What Piccolo reads to find the engine of a table that names none; see core.data.__init__."""

from core.data.engine import ENGINE

DB = ENGINE
