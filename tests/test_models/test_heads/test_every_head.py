# Copyright (c) mtcp_mm authors. All rights reserved.
import mtcp_mm.models  # noqa: F401  registers
from mtcp_mm.models.heads import MultiTaskHead
from mtcp_mm.registry import MODELS
from tests.test_models import test_released
from tests.test_models.head_tester import HeadTester
from tests.test_models.test_heads import (
    test_atrc_head,
    test_densemtl_head,
    test_heads,
    test_mixed_head,
    test_mti_net_head,
    test_pad_net_head,
    test_pap_head,
)


def test_every_registered_head_passes_the_tester():
    """Oracle: the registry. A new head needs a HeadTester in a file that is
    named here."""
    heads = {
        cls
        for cls in MODELS.module_dict.values()
        if isinstance(cls, type) and issubclass(cls, MultiTaskHead)
        and cls.__module__.startswith('mtcp_mm.')
    }
    tested = {
        value.head_type
        for module in (test_atrc_head, test_densemtl_head, test_heads,
                       test_mixed_head, test_mti_net_head, test_pad_net_head,
                       test_pap_head, test_released)
        for value in vars(module).values() if isinstance(value, type)
        and issubclass(value, HeadTester) and value.head_type
    }
    assert heads == tested
