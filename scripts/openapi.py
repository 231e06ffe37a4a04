"""Write `web/openapi.json` from the API, or say with `--check` whether it is out of step."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from dankmeme.api.app import create_app
from dankmeme.api.serving import Serving
from dankmeme.models.classifier import Classifier
from dankmeme.models.eyes import Eyes
from dankmeme.settings import Settings

PATH = Path(__file__).parent.parent / "web" / "openapi.json"


def main() -> int:
    """0 if the file is in step (or was written), 1 if not."""
    eyes = Eyes(captions=False)
    serving = Serving(eyes, Classifier(eyes=eyes))
    app = create_app(Settings(captions=False), serving)
    serving.close()
    document = json.dumps(app.openapi(), indent=2) + "\n"
    if "--check" not in sys.argv:
        PATH.write_text(document)
        return 0
    if PATH.read_text() == document:
        return 0
    print("web/openapi.json is out of step with the API: run `make openapi`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
