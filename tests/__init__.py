"""The tests mirror the package; whatever they look at they draw themselves."""
