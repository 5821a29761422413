"""What a page's Content-Security-Policy lets in."""

from __future__ import annotations

import base64
import hashlib
import re


def beside_its_own(text: str) -> dict[str, str]:
    """The policy but for what it must say: nothing by default, and of scripts and styles the page's own alone."""
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    parts = dict(part.strip().split(" ", 1) for part in policy[1].split(";"))
    assert parts.pop("default-src") == "'none'"
    for name, tag in (("script-src", "script"), ("style-src", "style")):
        own = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in own]
        assert digests
        assert parts.pop(name).split() == [f"'sha256-{one}'" for one in digests]
    return parts
