"""A folder that a program of ours empties at each start, and that nobody else may use meanwhile."""
import fcntl
import pathlib
import shutil

_held = []  # kept open: the lock goes with the process


def emptied_folder(path, owner):
    """Made, or emptied when an earlier run of the same `owner` ("demo") left it. RuntimeError for anybody else's folder, or one in use."""
    folder = pathlib.Path(path).resolve()
    mark = folder / f".{owner}"
    if folder.exists() and any(folder.iterdir()) and not mark.exists():
        raise RuntimeError(f"{folder} is no folder of an earlier {owner}: choose one that is empty or does not exist by --data")
    folder.mkdir(parents=True, exist_ok=True)
    lock = open(mark, "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise RuntimeError(f"another {owner} runs in {folder}: end it, or choose another folder by --data") from None
    _held.append(lock)
    for entry in folder.iterdir():
        if entry == mark:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    return folder
