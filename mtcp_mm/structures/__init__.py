# Copyright (c) mtcp_mm authors. All rights reserved.
from .task_logits import TaskLogits

__all__ = ['TaskLogits']
