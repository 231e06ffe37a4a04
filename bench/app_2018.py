"""The prediction service of 2018, re-created as a rival: Flask, one Keras call an image, uploads under their own names.

Started by `stack_2018.py` the way it was: `gunicorn app_2018:app`. Two variables say where things are: `MODEL_2018`
is a Keras file and `UPLOADS_2018` a folder. Its faults are part of it, so it listens on the loopback alone and never
ships: saving under the client's file name is what ours must not do.
"""

from __future__ import annotations

import os
from pathlib import Path

import keras
import numpy as np
from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from PIL import Image

from network_2018 import SIDE

app = Flask(__name__)
model = keras.models.load_model(os.environ["MODEL_2018"])
uploads = Path(os.environ["UPLOADS_2018"])


@app.post("/api/v1/memes/predictions/file")
def predict_file() -> ResponseReturnValue:
    """The chance of dank, of one upload."""
    file = request.files["file"]
    path = uploads / str(file.filename)
    file.save(path)
    with Image.open(path) as opened:
        picture = opened.convert("RGB").resize((SIDE, SIDE))
    pixels = np.asarray(picture, dtype=np.float32).transpose(2, 0, 1)[None] / 255
    chances = model.predict(pixels, verbose=0)
    return jsonify(status="success", prediction=float(chances[0, 1]))
