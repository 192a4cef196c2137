"""Reads go test -json from stdin. Prints go's line for every package, the output of failed tests, and skipped tests.

The exit status is 1 if a test failed, was skipped, or none ran: in continuous integration everything that a test
may lack is there.
"""

import collections
import json
import sys

output = collections.defaultdict(list)
failed, skipped, passed = [], [], 0
for line in sys.stdin:
    try:
        e = json.loads(line)
    except ValueError:
        print(line, end="")  # of the go command itself
        continue
    key = (e.get("Package") or e.get("ImportPath"), e.get("Test"))
    action = e["Action"]
    if action in ("output", "build-output"):
        output[key].append(e["Output"])
        if key[1] is None and (action == "build-output" or e["Output"].startswith(("ok ", "FAIL", "?", "panic"))):
            print(e["Output"], end="", flush=True)
    elif action == "pass":
        passed += key[1] is not None
        output.pop(key, None)
    elif action == "fail":
        failed.append(key)
        if key[1] is not None or not any(package == key[0] for package, _ in failed[:-1]):
            print("".join(output[key]), end="", flush=True)
    elif action == "skip" and key[1] is not None:
        skipped.append(key)

print(f"{passed} tests passed, {sum(test is not None for _, test in failed)} failed, {len(skipped)} skipped")
for package, test in skipped:
    reason = [l.strip() for l in output[package, test] if not l.startswith("===") and "--- SKIP" not in l]
    print(f"SKIP {package} {test}: {' '.join(reason)}")
sys.exit(bool(failed or skipped or not passed))
