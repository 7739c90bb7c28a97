#!/usr/bin/env python3
"""Random requests, and by an implementation of its own whether each is genuine.

    python3 tests/tools/cases FAMILY COUNT [SEED] | cargo run --release -p webhook-tests --bin judge

Each line is one request, in JSON: provider, secrets, method, URL, headers, body (base64), the present
(milliseconds since 1970), whether it is genuine, and what was done to it. The rules are those of the
providers' descriptions, under the strictness that `webhook-runtime/src/verify/scheme/mod.rs` states for
all of them; nothing here was taken from there but these. Python 3.9 or newer, and nothing else; the families
`ed25519`, `ecdsa` and `rsa` need the package `cryptography`.
"""

import random
import sys

# Imports leave nothing behind.
sys.dont_write_bytecode = True

from changes import change
from families import FAMILIES
from genuine import genuine
from tokens import is_genuine_token, token_case
from verdict import is_genuine


def main():
    family, count = sys.argv[1], int(sys.argv[2])
    rng = random.Random(f"{family} {sys.argv[3] if len(sys.argv) > 3 else 0}")
    providers = list(FAMILIES[family].items())
    write = sys.stdout.write
    for _ in range(count):
        provider, rules = rng.choice(providers)
        if family == "jwt":
            case = token_case(rng, provider, rules)
            write(case.line(is_genuine_token(rules, case)) + "\n")
            continue
        case = genuine(rng, provider, rules)
        for _ in range(rng.choice((0, 0, 1, 1, 1, 1, 2))):
            change(rng, rules, case)
        write(case.line(is_genuine(rules, case)) + "\n")


if __name__ == "__main__":
    main()
