"""What kind of file it is, told by its content, and the reader for it."""

import stat
import warnings
from pathlib import Path

from guidedseg.errors import GuidedsegError
from guidedseg.sources.pictures import open_picture
from guidedseg.sources.source import NoPictureError, Source, problem
from guidedseg.sources.stack import open_stack

warnings.filterwarnings("ignore", module=r"PIL\.")  # a damaged EXIF, and the like: nothing that a picture suffers from

_HEAD = 160  # bytes: DICOM has its sign at 128

_KINDS = (
    (128, b"DICM", "dicom"),  # first, for what comes before may be the head of a TIFF file
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpeg"),
    (8, b"WEBP", "webp"),
    (0, b"II*\0", "tiff"),
    (0, b"MM\0*", "tiff"),
    (0, b"II+\0", "tiff"),  # BigTIFF
    (0, b"MM\0+", "tiff"),
    (8, b"AVI ", "avi"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftyphei", "HEIC"),
    (4, b"ftypmif1", "HEIC"),
    (4, b"ftyp", "mov"),  # MP4
    (4, b"moov", "mov"),  # QuickTime may begin with any of these
    (4, b"mdat", "mov"),
    (4, b"wide", "mov"),
    (4, b"free", "mov"),
    (4, b"skip", "mov"),
    (0, b"\x1aE\xdf\xa3", "matroska"),  # WebM
    (0, b"0&\xb2u\x8ef\xcf\x11", "asf"),  # WMV
    (0, b"\0\0\1\xba", "mpeg"),
    (0, b"GIF8", "GIF"),
)
_REFUSED = {
    "AVIF": "Save it as PNG or JPEG",
    "HEIC": "Save it as PNG or JPEG",
    "GIF": "Save a picture as PNG, a moving one as MP4",
}
_BITMAP_HEADERS = {12, 40, 52, 56, 64, 108, 124}  # bytes: `BM` alone may begin a text
_FIRST_TAGS = (b"\x02\0\0\0", b"\x08\0", b"\0\x08")  # DICOM without its sign begins with group 2 or 8
_ENCRYPTED = bytes.fromhex("06092a864886f70d010703")  # the mark of enveloped data: PS3.10's Secure DICOM File Format
_OF_PICTURES = frozenset(
    ("", ".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".dcm", ".dicom", ".mp4", ".mov", ".avi", ".mkv")
)  # what ends in these, or has no ending, should be one
_LIKES = "PNG, JPEG, BMP, WebP, TIFF, DICOM, MP4, MOV, AVI, MKV, WMV or MPEG"


def open_source(path: Path) -> Source:
    """Find out what a file is and read its header; its name does not count.

    Raises:
        NoPictureError: it is of no known kind, and its name does not say that it should be.
        GuidedsegError: one line that names the file and a remedy. It is not there, no file, empty or closed to the
            user; of no known kind; damaged, or too large a picture; DICOM that shows none; or of a kind for which an
            extra is not installed.
    """
    head = _head(path)
    kind = _kind(head)
    if kind in {"png", "jpeg", "bmp", "webp"}:
        return open_picture(path, kind)
    if kind == "tiff":
        return open_stack(path)
    if kind == "dicom":
        return _open_dicom(path)
    if kind in _REFUSED:
        raise problem(path, f"is {kind}, which is not read", _REFUSED[kind])
    if kind == "encrypted":
        raise problem(path, "is encrypted", "Decrypt it first")
    if kind:
        return _open_video(path, kind)
    found = problem(path, f"is, by its content, no {_LIKES}", "Convert it to one of these, or leave it out")
    raise found if path.suffix.lower() in _OF_PICTURES else NoPictureError(str(found))


def _head(path: Path) -> bytes:
    """The first bytes of a regular file; anything else might never end."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise problem(path, "is a folder without files that can be read", "Look into it, or leave it out")
        if not stat.S_ISREG(mode):
            raise problem(path, "is no file but a pipe, a socket or a device", "Copy it into a file")
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except (FileNotFoundError, NotADirectoryError) as error:
        what = f"is a link to {path.readlink()}, which is not there" if path.is_symlink() else "is not there"
        raise problem(path, what, "Check the path; a pattern must match something") from error
    except PermissionError as error:
        raise problem(path, "may not be read by you", "Ask for permission, or copy it") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise problem(path, f"cannot be read ({reason})", "Check the path and the disk") from error
    if not head:
        raise problem(path, "is empty", "Take it again from where it came from")
    return head


def _kind(head: bytes) -> str:
    """``png``, ``dicom``, ...; for a video the name that FFmpeg has for it; empty where it is none of them."""
    for offset, sign, kind in _KINDS:
        if head[offset : offset + len(sign)] == sign and (offset != 8 or head[:4] == b"RIFF"):
            return kind
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BITMAP_HEADERS:
        return "bmp"
    if _ENCRYPTED in head[:64]:
        return "encrypted"
    return "dicom" if head.startswith(_FIRST_TAGS) else ""


def _open_dicom(path: Path) -> Source:
    try:
        from guidedseg.sources.dicom import open_dicom  # noqa: PLC0415
    except ImportError as error:
        raise _not_installed(path, "DICOM", "dicom", error) from error
    return open_dicom(path)


def _open_video(path: Path, kind: str) -> Source:
    try:
        from guidedseg.sources.video import open_video  # noqa: PLC0415
    except ImportError as error:
        raise _not_installed(path, "a video", "video", error) from error
    return open_video(path, kind)


def _not_installed(path: Path, what: str, extra: str, error: ImportError) -> GuidedsegError:
    return problem(path, f"is {what}, and {error.name} is not installed", f"pip install 'guidedseg[{extra}]'")
