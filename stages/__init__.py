"""The pipeline's stages: each reads its parameters, calls the library and writes its outs."""

import errno
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

# A queued experiment runs in a copy of the repository: its own src/ must win over an installed guidedseg.
sys.path.insert(0, str(Path(__file__).parent.parent / "src"))

# Ultralytics sets OMP_NUM_THREADS to 1 on import where it is unset.
os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count() or 1))


def run(main: Callable[[], str]) -> None:
    """Run a stage: print the line it returns; print what the user can mend without a traceback and exit with 1."""
    from guidedseg.errors import GuidedsegError

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        print(main())
    except GuidedsegError as error:
        sys.exit(f"ERROR: {error}")
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        where = f" while writing {error.filename}" if error.filename else ""
        sys.exit(f"ERROR: no space left on the disk{where}. Free some (`dvc gc -w` drops unused results) and repeat.")
