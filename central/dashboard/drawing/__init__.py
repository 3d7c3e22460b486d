"""Drawings as values: pure functions from what is known to shapes. Templates turn the shapes into inline SVG."""
