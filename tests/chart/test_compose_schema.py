# SPDX-License-Identifier: Apache-2.0
"""deploy/compose.yaml against the Compose Specification's own schema."""
import copy
import json

import jsonschema
import pytest
import yaml

from harness.processes import BUILD, ROOT

SCHEMA = json.loads((BUILD / "tools" / "compose-spec.json").read_text())
STACK = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())


def test_the_local_stack_is_valid():
    jsonschema.validate(STACK, SCHEMA)


def test_the_schema_sees_mistakes():
    broken = copy.deepcopy(STACK)
    broken["services"]["worker"]["restrat"] = "always"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, SCHEMA)
