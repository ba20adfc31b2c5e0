"""The files speak of the project alone: of no machine it was made on, no registry it was fetched from, nobody's tools."""

from __future__ import annotations

import re

import pytest

from tests.documents.pages import ROOT, files

FORBIDDEN = {
    "a package registry's host": r"pypi[.]org|pythonhosted[.]|npm(js|mirror)[.]|yarnpkg[.]|crates[.]io|proxy[.]golang|rubygems[.]",
    "a path of one machine": r"(?<![\w./\\-])/(work|root|home|Users)/\w|[A-Z]:\\Users",
    "who works how": r"(?i)\b(clau[d]e|anthropi[c]|gp[t]|copilo[t]|ll[m]s?|sub-?agen[t]s?|coding agen[t]s?|language mode[l]s?)\b",
    "work that is left": r"\b(TO[D]O|FIX[M]E|XX[X]|HAC[K])\b",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names_it(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = []
    for path in files():
        text = path.read_bytes().decode("utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}: {hit[0]}" for hit in pattern.finditer(text)]
    assert found == []
