# Copyright (c) mtcp_mm authors. All rights reserved.
