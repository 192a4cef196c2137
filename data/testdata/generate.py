"""Writes golden/bars.json and golden/mimic.json with numpy, from the published recipes.

Run in this folder: python3 generate.py
"""
import json

import numpy as np


def part(x, **more):
    return {"inputs": np.asarray(x).tolist(), **{k: np.asarray(v).tolist() for k, v in more.items()}}


def bars(seed, sizes, noise):
    rows = sorted(tuple(1.0 * (np.arange(9) // 3 == r)) for r in range(3))
    horizontal = [np.reshape(r, (3, 3)) for r in rows]
    base = [horizontal, [h.T for h in horizontal], [np.eye(3), np.flipud(np.eye(3))]]
    parts = []
    for factor, n in zip((1, 5, 42), sizes):
        np.random.seed(factor * seed)
        parts.append([(base[c][i % len(base[c])] + np.random.rand(3, 3) * noise, c) for c in range(3) for i in range(n)])
    for samples in parts:
        np.random.shuffle(samples)
    sets = [part([np.clip(x, 0, 1).ravel() for x, _ in s], labels=[c for _, c in s]) for s in parts]
    return {"bars": {"seed": seed, "sizes": sizes, "noise": noise}, "sets": sets}


def mimic(seed, dims, sizes, low, high):
    np.random.seed(seed)
    inputs = [np.round(np.random.uniform(low, high, (dims[0], n)), 4) for n in sizes]
    weights = [np.random.uniform(1.99, 2.0, (a, b)) for a, b in zip(dims, dims[1:])]
    sets = []
    for x in inputs:
        r = x
        for w in weights[:-1]:
            r = 1 / (1 + np.exp(-0.1 / 0.19 * w.T @ r))
        sets.append(part(x.T, targets=(0.1 / 0.13 * weights[-1].T @ r).T))
    return {"mimic": {"seed": seed, "dims": dims, "sizes": sizes, "low": low, "high": high}, "sets": sets}


for name, content in (("bars", [bars(7, (4, 3, 2), 0.3), bars(9876543, (2, 2, 2), 0.0)]),
                      ("mimic", [mimic(9876543, (3, 5, 4, 2), (6, 3, 2), 0.1, 1.0), mimic(3, (2, 1), (3, 2, 1), -1.0, 1.0)])):
    with open(f"golden/{name}.json", "w") as f:
        json.dump({"numpy": np.__version__, "tasks": content}, f)
