"""The command line of set-up: `python3 config/setup demo|test|run|check|bench|lock|fresh`."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Everything imported below needs a new Python, so this file alone must run on an old one.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        "Sentralbord needs Python 3.11 or newer and this is " + sys.version.split()[0] + ": install one "
        "and name it, for example `make demo PYTHON=python3.12`."
    )

sys.path.insert(0, str(ROOT))

from config.setup.targets import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
