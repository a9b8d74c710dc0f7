"""One function a command. Importing any of them loads PyTorch, so there must be room for it."""

from srcli.engine.host import check_start, loading

check_start()
with loading():
    import torch  # noqa: F401 - here, where a failure is explained
