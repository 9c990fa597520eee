"""Kills a program at any of its changes of the file system. Its hook stays for ever: use a process of its own."""

import sys

CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate"}


class Killed(BaseException):
    """Stands in for SIGKILL: nothing is changed after it, whatever the program tries."""


class Killer:
    """Lets a number of changes below a folder pass, and none after."""

    def __init__(self) -> None:
        self.place: str | None = None
        self.left = 0
        sys.addaudithook(self.look)

    def look(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.place is None or not arguments or not str(arguments[0]).startswith(self.place):
            return
        mode = arguments[1] if event == "open" else None
        if event in CHANGES or (event == "open" and (mode is None or set(str(mode)) & set("wax+"))):
            self.left -= 1
            if self.left < 0:
                raise Killed
