# Copyright (c) mtcp_mm authors. All rights reserved.


class UsageError(ValueError):
    """A wrong argument: one line for the user, exit code 2."""
