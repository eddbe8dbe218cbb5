# Copyright (c) mtcp_mm authors. All rights reserved.


class UsageError(ValueError):
    """A wrong argument: one line for the user, exit code 2."""


class DataNotFoundError(UsageError, FileNotFoundError):
    """Data that do not lie where the config says."""
