# Copyright (c) mtcp_mm authors. All rights reserved.
"""Reports on runs: :func:`.collect.collect`, then :func:`.write.write_report`.

Nothing is imported here: other packages use some of the modules alone.
"""
