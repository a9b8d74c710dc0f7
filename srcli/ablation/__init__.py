"""Ablations of the papers: which variants are trained, and what the papers measured of them."""
