"""Writes golden/numpy.json: python3 generate.py > golden/numpy.json"""
import json

import numpy as np

SEEDS = [0, 42, 123456, 9876543, 4294967295,
         [0], [42], [1, 2, 3, 4], [123456, 9876543], list(range(700)), [4294967295, 0, 1]]


def floats(values):
    return [float(v) for v in values]


def ints(values):
    return [int(v) for v in values]


def lists(seed):
    def fresh():
        return np.random.RandomState(seed)

    out = {"key" if isinstance(seed, list) else "seed": seed}
    out["uint32"] = ints(fresh().randint(0, 2**32, size=8, dtype=np.uint32))
    out["double"] = floats(fresh().random_sample(8))
    out["uniform_-3_0.7"] = floats(fresh().uniform(-3, 0.7, 8))
    out["normal"] = floats(fresh().randn(101))
    for n in (2, 3, 256, 257, 100000, 2**32):
        out[f"randint{n}"] = ints(fresh().randint(0, n, size=10, dtype=np.int64))
    for n in (2, 25, 64):
        order = np.arange(n)
        fresh().shuffle(order)
        out[f"shuffle_{n}"] = ints(order)
    r = fresh()
    first = r.randn()
    r.shuffle(np.arange(10))
    out["normal_shuffle10_normal_double_normal"] = floats([first, r.randn(), r.random_sample(), r.randn()])
    r = fresh()
    r.random_sample(5000)
    out["double_after_5000"] = floats(r.random_sample(4))
    return out


print(json.dumps({"description": "numbers of numpy's legacy RandomState", "numpy": np.__version__,
                  "generators": [lists(seed) for seed in SEEDS]}))
