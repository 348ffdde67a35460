"""`python -m im_notify` is `im-notify`."""

from __future__ import annotations

import sys

from im_notify.cli import main

sys.exit(main())
