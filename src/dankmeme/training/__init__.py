"""Examples become a bundle: labels, leak-safe splits, honest figures."""
