"""The image model of 2018, with random weights: how long a picture takes does not depend on what was learnt.

VGG16 at 128 × 128 without its top, pooling, 40 neurons, dropout, two chances. Started as `network_2018.py FILE`; writes
a Keras file, as the service found one when it started.
"""

from __future__ import annotations

import sys
from typing import Any

import keras

SIDE = 128
"""Pixels a side of what it looks at."""
keras.config.set_image_data_format("channels_first")  # the faster one on PyTorch


def network() -> Any:
    """The Keras model, `[n, 3, 128, 128]` → `[n, 2]`: not dank, dank."""
    layers = keras.layers
    trunk = keras.applications.VGG16(include_top=False, weights=None, input_shape=(3, SIDE, SIDE))
    return keras.Sequential(
        [
            trunk,
            layers.GlobalAveragePooling2D(),
            layers.Dense(40, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(2, activation="softmax"),
        ]
    )


if __name__ == "__main__":
    network().save(sys.argv[1])
