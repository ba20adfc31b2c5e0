"""Reads XML that may be hostile: no entities, no DTD, no network, bounded in size and depth; every refusal says where."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.errors import Problem

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
MOST_BYTES = 10_000_000
MOST_DEPTH = 100
MOST_TAGS = 500_000
MOST_ATTRIBUTES = 100


def local(element: etree._Element) -> str:
    """Return an element's tag without its namespace."""
    return str(etree.QName(element).localname)


def bpmn(name: str) -> str:
    """Return a BPMN tag with its namespace."""
    return f"{{{BPMN}}}{name}"


def camunda(name: str) -> str:
    """Return a camunda: attribute or tag with its namespace."""
    return f"{{{CAMUNDA}}}{name}"


def children(element: etree._Element, name: str | None = None) -> Iterator[etree._Element]:
    """Yield the element children in the BPMN namespace, or those with one name."""
    for child in element:
        if isinstance(child.tag, str) and child.tag.startswith(f"{{{BPMN}}}") and (name is None or local(child) == name):
            yield child


def parse(content: bytes, file: str, *, most_bytes: int = MOST_BYTES) -> tuple[etree._Element | None, Problem | None]:
    """Return the root of a document, or the problem that makes it unreadable."""
    if len(content) > most_bytes:
        return None, _problem(
            file, 0, "too-large", f"The file has {len(content)} bytes; {most_bytes} are allowed.", "Split it into several processes."
        )
    if content.count(b"<") > MOST_TAGS:
        return None, _problem(file, 0, "too-large", f"The file has more than {MOST_TAGS} tags.", "Split it into several processes.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True, remove_comments=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        line = getattr(error, "lineno", 0) or 0
        return None, _problem(file, line, "not-xml", f"The file is not well-formed XML: {error}.", "Save it again from the modeler.")
    if root.getroottree().docinfo.internalDTD is not None or root.getroottree().docinfo.doctype:
        line = content[: max(content.find(b"<!DOCTYPE"), 0)].count(b"\n") + 1
        return None, _problem(file, line, "doctype", "The file has a DOCTYPE.", "Remove it: entities and document types are never read.")
    if root.xpath("/*" * (MOST_DEPTH + 1)):
        return None, _problem(file, 1, "too-deep", f"Elements are nested deeper than {MOST_DEPTH}.", "Use call activities instead.")
    if root.xpath(f"//*[@*[{MOST_ATTRIBUTES + 1}]]"):
        return None, _problem(
            file, 1, "too-large", f"An element has more than {MOST_ATTRIBUTES} attributes.", "Remove those that nothing reads."
        )
    return root, None


def _problem(file: str, line: int, rule: str, message: str, hint: str) -> Problem:
    return Problem(file, line, "", rule, message, hint)
