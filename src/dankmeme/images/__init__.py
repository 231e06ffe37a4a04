"""Hostile bytes become a clean picture."""
