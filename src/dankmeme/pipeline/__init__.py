"""The stages, wired on the engine: scrape, ingest."""
