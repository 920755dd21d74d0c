"""Whether this is CI, where nothing skips for want of a tool. Tests themselves run as if it were not."""

import os

IN_CI = os.environ.get("CI") == "true"
