"""Genuine requests, at random."""

import json
import re
import urllib.parse

from case import Case
from keys import Pair, key_of, random_secret
from times import MINUTE, time_text
from verdict import signature, twilio_hash


def random_body(rng, spec, now):
    if spec.get("form"):
        pick = lambda: rng.choice(("A", "b c", "ä&", "x=1", "", "%", "+", "Body"))
        pairs = [(pick() + str(rng.randrange(4)), pick()) for _ in range(rng.randrange(5))]
        return urllib.parse.urlencode(pairs).encode()
    if "form_field" in spec and rng.randrange(4) == 0:
        fields = [("payload", rng.choice(('{"a": "é+"}', "", "x y"))) for _ in range(rng.choice((1, 1, 2)))]
        return urllib.parse.urlencode(fields + [("b", "1")] * rng.randrange(2)).encode()
    if spec["time"] and spec["time"][0] == "json":
        value = now if spec["time"][2] == "ms" else f'"{time_text(spec["time"][2], now)}"'
        for name in reversed(spec["time"][1].split("/")):
            field, value = f'"{name}":{value}', f'{{"{name}":{value}}}'
        fields = [field, f'"a":"{rng.randrange(1 << 40)}"']
        rng.shuffle(fields)
        return ("{" + ",".join(fields) + "}").encode()
    kind = rng.randrange(6)
    if kind == 0:
        return rng.randbytes(rng.choice((0, 1, 3, 64, 65, 200)))
    if kind == 1:
        return "täxt \u2603 {}".format(rng.random()).encode()
    if kind == 2:
        return rng.randbytes(9).hex().encode()
    return json.dumps({"type": "a.b", "n": rng.randrange(1 << 30), "s": "é\n"}).encode()


def genuine(rng, provider, spec):
    now = rng.choice((1_760_000_000_000, rng.randrange(1_000_000_000_000, 9_999_999_999_999)))
    url = f"https://hooks.example.com/{provider}"
    if rng.randrange(3) == 0:
        url += f"?a={rng.randrange(100)}&b=%2Fx%3a%20"
    case = Case(provider, "POST", url, b"", now)
    asymmetric = spec["key"].startswith("public-")
    for _ in range(rng.choice((1, 1, 2))):
        if asymmetric:
            pair = Pair.one_of(rng, spec["algorithm"], spec["key"])
            case.keys.append(pair)
            case.secrets.append(pair.secret)
        else:
            secret = random_secret(rng, spec["key"])
            # Credentials stand in headers, or in a URL.
            if spec["algorithm"] in ("token", "basic"):
                secret = re.sub(r"[^A-Za-z0-9:]", "", secret)
            case.secrets.append(secret)
            case.keys.append(key_of(secret, spec["key"]))
    case.signing = rng.randrange(len(case.keys))
    sent_at = now
    if spec["time"]:
        _, _, unit, past, future = spec["time"]
        # Also at the edges of the window, and behind them.
        past, future = past or 0, future or 0
        sent_at += rng.choice((0, 0, 0, -past, future, -past - 1, future + 1, -past - 1000,
                               future + 1000, rng.randrange(-past - 2000, future + 2000)))
        case.time = time_text(unit, sent_at).encode()
        if unit == "date" and rng.randrange(3) == 0:
            text = time_text(unit, sent_at + 90 * MINUTE)
            case.time = rng.choice((text[:-1] + "+01:30", time_text(unit, sent_at)[:-5] + "Z",
                                    time_text(unit, sent_at)[:-1] + "456789Z")).encode()
    if spec["id"]:
        case.id = rng.choice(("msg_1", "2b-ä" if rng.randrange(50) == 0 else "m", "a.b", "Az09-_+/=",
                              rng.randbytes(8).hex())).encode()
    case.body = random_body(rng, spec, sent_at)
    if "form" in spec or rng.randrange(8) == 0:
        case.put("content-type", rng.choice(("application/x-www-form-urlencoded",
                                             "application/x-www-form-urlencoded; charset=utf-8")))
    if provider == "twilio" and rng.randrange(3) == 0:
        case.put("x-twilio-webhooks-signature-settings",
                 rng.choice(("algorithm=HMAC_SHA256", "version=1,algorithm=HMAC_SHA256",
                             "algorithm=HMAC_SHA1", "algorithm=HMAC_MD5")))
    sign(spec, case)
    return case


def sign(spec, case):
    values = dict(time=case.time if spec["time"] and spec["time"][0] != "json" else b"", id=case.id)
    if case.provider == "twilio":
        spec = {**spec, "algorithm": twilio_hash(case) or "sha1"}
    text = signature(spec, case, case.keys[case.signing], values)
    for name, value in spec["requires"]:
        case.put(name, value)
    if spec["id"]:
        case.put(spec["id"], case.id.decode("latin-1"))
    time = case.time.decode()
    if spec["time"] and spec["time"][0] == "header":
        case.put(spec["time"][1], time)
    place = spec["place"]
    if place[0] == "bare":
        case.put(place[1], place[2] + text)
    elif place[0] == "fields":
        before = f"{spec['time'][1]}={time}{place[3]}" if spec["time"] else ""
        case.put(place[1], f"{before}{place[2]}={text}")
    elif place[0] == "versions":
        case.put(place[1], f"{place[2]},{text}")
    elif place[0] == "numbered":
        case.put(place[1] + "1", text)
    elif place[0] == "paired":
        case.put(place[1][case.signing % 2], text)
    else:
        mark = "&" if "?" in case.url else "?"
        case.url += f"{mark}{place[1]}={text}"
