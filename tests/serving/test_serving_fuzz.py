"""A running relay, asked whatever its description allows and much that it forbids."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.serving.conftest import Relay

#: all but one: a contact that is not configured fits the description and is refused
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance,negative_data_rejection,"
    "missing_required_header,unsupported_method,ignored_auth"
)


def test_nothing_that_is_asked_breaks_it(relay: Relay) -> None:
    """No 5xx, no answer that is not described, no door without its token."""
    relay.start()
    told = ("-H", "Authorization: Bearer api-token", "--checks", CHECKS)
    bounds = ("--max-examples", "80", "--seed", "1", "--no-color")
    at = f"{relay.url}/openapi.json"
    command = [sys.executable, "-m", "schemathesis.cli", "run", at, *told, *bounds]

    done = subprocess.run(
        command, cwd=relay.folder, capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stdout
    assert "internal error" not in relay.log
    assert "a request failed" not in relay.log
