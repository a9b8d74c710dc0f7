"""One function a command. Importing any of them loads PyTorch, so there must be room for it."""

from srcli.engine.host import load_pytorch

load_pytorch()
