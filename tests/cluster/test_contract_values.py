"""What a real API server says of single values in new objects, and that the values table and the checks say the same.

A sample of scripts/value_probes.py, the same each time; ``scripts/derive_values.py`` asks them all.
"""

import random
from collections import Counter
from typing import Any

from pipeline.core.kube.field_check import Fault, complaints
from pipeline.core.kube.resource import Resource
from scripts.value_probes import Probe, answers, objects, probes
from tests.cluster.control_plane_connection import ControlPlaneConnection

MINOR = 37
PROBES_OF_EACH = 30
RECALL = 0.97
REFUSED = (400, 422)


def test_the_server_refuses_what_is_predicted_and_nothing_else(plane: ControlPlaneConnection) -> None:
    chosen = random.Random(1)

    def sample(body: dict[str, Any]) -> list[Probe]:
        every = list(probes(body))
        return chosen.sample(every, min(PROBES_OF_EACH, len(every)))

    found, invented = Counter[bool](), []
    for answer in answers(plane, objects(), sample):
        said = [one for one in complaints(Resource.of(answer.body), MINOR) if one.fault is not Fault.TWICE]
        if answer.code in REFUSED:
            found[bool(said)] += 1
        elif answer.accepted and said:
            invented.append((answer.kind, answer.path, answer.value, said[0]))
    assert invented == []
    assert found.total() > 400
    assert found[True] >= RECALL * found.total()
