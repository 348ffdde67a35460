"""Apprise's URL tester: loading, masking, round trips, and a dozen sends of each URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers import AppriseURLTester

from im_notify_plugins.apprise.notify import NotifyIletiMerkezi

if TYPE_CHECKING:
    from pathlib import Path

URL = "iletimerkezi://" + "5" * 32 + ":" + "c3" * 32 + "@eMarka%20Test"
MASKED = "iletimerkezi://5...5:****@eMarka%20Test/"
NATIVE = "https://api.iletimerkezi.com/v1/send-sms/get/"
PLACED = '{"response":{"status":{"code":200,"message":"OK"},"order":{"id":"312891245"}}}'
PLACED_XML = (
    "<response><status><code>200</code><message>OK</message></status>"
    "<order><id>312891245</id></order></response>"
)
REFUSED = '{"response":{"status":{"code":401,"message":"no"}}}'
BOTH = ["5301234567", "5311234567"]
GOOD = {"instance": NotifyIletiMerkezi, "requests_response_text": PLACED}
GOOD_XML = {**GOOD, "requests_response_text": PLACED_XML}
BAD = {"instance": NotifyIletiMerkezi, "response": False}
OK_BUT = {**BAD, "requests_response_code": 200}

CASES = [
    ("iletimerkezi://", {"instance": TypeError}),
    ("ileti://:@/", {"instance": TypeError}),
    ("iletimerkezi://key@SENDER/5301234567", {"instance": TypeError}),
    ("iletimerkezi://key:hash@TWELVELETTER/5301234567", {"instance": TypeError}),
    (f"{URL}/5301234567?iys=1", {"instance": TypeError}),
    (f"{URL}/5301234567?iys=0&iyslist=TACIR", {"instance": TypeError}),
    (f"{URL}/5301234567?method=soap", {"instance": TypeError}),
    (f"{URL}/5301234567?confirm=3600", {"instance": TypeError}),
    (URL, {**GOOD, "notify_response": False}),
    (f"{URL}/12/abc", {**GOOD, "notify_response": False}),
    (f"{URL}/5301234567", {**GOOD, "privacy_url": f"{MASKED}5301234567"}),
    (f"{URL}/5301234567/05311234567/12", {**GOOD, "self": {"targets": BOTH}}),
    (f"{URL}/5301234567?iys=BIREYSEL", {**GOOD, "url_matches": r"[?&]iys=BIREYSEL(&|$)"}),
    (f"{URL}/5301234567?iys=1&iyslist=TACIR", {**GOOD, "url_matches": r"[?&]iys=TACIR(&|$)"}),
    (f"{URL}?to=5301234567,+905311234567&batch=yes", {**GOOD, "url_matches": r"batch=yes"}),
    (f"{URL}/5301234567?method=get", GOOD_XML),
    (f"{URL}/5301234567/5311234567?method=get&batch=yes", GOOD_XML),
    ("ileti://key:hash@SENDER/5301234567", {**GOOD, "privacy_url": "iletimerkezi://k...y:****@"}),
    ("ileti://?key=key&hash=hash&from=SENDER&to=5301234567", GOOD),
    ("ileti://key:hash@5301234567?from=SENDER", GOOD),
    (f"{NATIVE}?key=k&hash=h&text=x&receipents=5301234567&sender=SENDER&iys=0", GOOD),
    (f"{URL}/5301234567?format=html&overflow=split", GOOD),
    (f"{URL}/5301234567", {**OK_BUT, "requests_response_text": "<html>login</html>"}),
    (f"{URL}/5301234567", {**OK_BUT, "requests_response_text": ""}),
    (
        f"{URL}/5301234567",
        {**BAD, "requests_response_text": REFUSED, "requests_response_code": 401},
    ),
    (f"{URL}/5301234567", {**OK_BUT, "requests_response_text": REFUSED}),
    (f"{URL}/5301234567", {**BAD, "requests_response_code": 500}),
    (f"{URL}/5301234567", {**BAD, "requests_response_code": 999}),
    (f"{URL}/5301234567", {**BAD, "test_requests_exceptions": True}),
    (f"{URL}/5301234567?method=get", {**BAD, "test_requests_exceptions": True}),
]


@pytest.mark.parametrize(("url", "meta"), CASES)
def test_url(url: str, meta: dict[str, object], tmp_path: Path) -> None:
    """Apprise's tester finds nothing to object to."""
    AppriseURLTester(tests=((url, meta),)).run_all(str(tmp_path))
