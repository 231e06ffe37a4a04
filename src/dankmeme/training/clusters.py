"""Template-like clusters: pictures that look alike to the backbone, found without being told of templates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST = 64
MEMBERS = 100
"""So many memes there are for one cluster, in the mean."""
CERTAIN = 0.7
"""How sure of its cluster a meme of the examples is, in the mean."""


@dataclass(frozen=True)
class Clusters:
    """A meme's log probabilities are the log softmax of its cosine similarity with each centre times `sharpness`.

    Attributes:
        centres: float32 `[t, e]`, unit length.
        sharpness: chosen so that the likeliest cluster has a probability of `CERTAIN` in the mean.
    """

    centres: NDArray[np.float32]
    sharpness: float

    def probabilities(self, embedding: NDArray[np.float32]) -> NDArray[np.float32]:
        """`[n, t]` for embeddings `[n, e]`."""
        return _softmax(unit(embedding) @ self.centres.T * self.sharpness)


def find_clusters(embedding: NDArray[np.float32], seed: int) -> Clusters:
    """k-means on embeddings `[n, e]` of unit length: one cluster for every hundred memes, 2–64 of them."""
    from sklearn.cluster import KMeans

    seen = unit(embedding)
    count = max(2, min(MOST, len(seen) // MEMBERS))
    found = KMeans(count, n_init=2, max_iter=50, random_state=seed).fit(seen)
    centres = unit(found.cluster_centers_.astype(np.float32))
    return Clusters(centres, _sharpness(seen @ centres.T))


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors `[n, e]` at unit length."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = (vectors / np.maximum(length, 1e-12)).astype(np.float32)
    return scaled


def _sharpness(similar: NDArray[np.float32]) -> float:
    """By bisection: the top probability rises with it."""
    low, high = 0.1, 10_000.0
    for _ in range(40):
        middle = float(np.sqrt(low * high))
        if _softmax(similar * middle).max(axis=1).mean() < CERTAIN:
            low = middle
        else:
            high = middle
    return high


def _softmax(values: NDArray[np.float32]) -> NDArray[np.float32]:
    raised = np.exp(values - values.max(axis=1, keepdims=True))
    shares: NDArray[np.float32] = raised / raised.sum(axis=1, keepdims=True)
    return shares
