"""`python -m agent` is `dock-agent`."""

import sys

from agent.cli import main

sys.exit(main())
