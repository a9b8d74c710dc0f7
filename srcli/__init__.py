"""Super-resolution by any factor, with trained networks, on whatever machine there is."""

__version__ = "0.1.0"
