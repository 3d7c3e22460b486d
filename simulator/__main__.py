"""`python -m simulator` is `dock-sim`."""

import sys

from simulator.cli import main

sys.exit(main())
