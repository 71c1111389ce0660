"""``python -m gapwatch_collector``."""

import sys

from gapwatch_collector.cli import main

sys.exit(main())
