"""What kind of file some content is, read from the content: what somebody claims, and a file's name, prove nothing."""

from __future__ import annotations

from engine.errors import Invalid

BINARY = "application/octet-stream"
TEXT = "text/plain"
SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
PROGRAMS: tuple[bytes, ...] = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!", b"\0asm")
"""How programs begin: of Windows, Linux, macOS, Java, WebAssembly, and scripts."""
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
IN_ARCHIVES: tuple[tuple[bytes, str], ...] = (
    (b"word/document.xml", f"{_OFFICE}.wordprocessingml.document"),
    (b"xl/workbook.xml", f"{_OFFICE}.spreadsheetml.sheet"),
    (b"ppt/presentation.xml", f"{_OFFICE}.presentationml.presentation"),
    (b"mimetype" + f"{_OPEN}.text".encode(), f"{_OPEN}.text"),
    (b"mimetype" + f"{_OPEN}.spreadsheet".encode(), f"{_OPEN}.spreadsheet"),
)
"""The names that an archive writes in the clear, and the office documents that they give away."""
KNOWN = frozenset({"image/webp", "application/zip", *(kind for _, kind in (*SIGNATURES, *IN_ARCHIVES))})
"""The types that content gives away: who claims one of them must have such content."""


def type_of(content: bytes) -> str:
    """Return the media type of content; whatever can be read is plain text, so that no browser runs it.

    Raises Invalid for a program.
    """
    if content.startswith(PROGRAMS):
        raise Invalid("the file is a program: programs are not kept here")
    for start, kind in SIGNATURES:
        if content.startswith(start):
            return kind
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"PK\x03\x04"):
        return next((kind for name, kind in IN_ARCHIVES if name in content), "application/zip")
    return TEXT if _is_text(content) else BINARY


def _is_text(content: bytes) -> bool:
    try:
        return "\x00" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False
