"""What file managers and Excel leave behind."""


def is_junk(name: str) -> bool:
    """Whether a file or folder is left behind by a program and is nobody's data."""
    return name.startswith((".", "~$")) or name in {"__MACOSX", "Thumbs.db", "desktop.ini"}
