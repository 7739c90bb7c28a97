"""What is done to a request. Each change is applied, and judged afterwards."""

import re

from case import decode, encode
from genuine import genuine, sign
from times import MINUTE, time_text


def changed_text(rng, text):
    at = rng.randrange(len(text) + 1)
    mark = rng.choice("0123456789abcdefABCDEF+/-_=,. ;vts\xe9~")
    kind = rng.randrange(16)
    if kind < 4 and text:
        at %= len(text)
        return text[:at] + mark + text[at + 1:]
    if kind == 4:
        return text[:at] + mark + text[at:]
    if kind == 5 and text:
        at %= len(text)
        return text[:at] + text[at + 1:]
    return {
        6: text.upper(), 7: text.lower(), 8: text.swapcase(), 9: text + "=", 10: text.rstrip("="),
        11: " " + text, 12: text + " ", 13: text.translate(str.maketrans("+/", "-_")),
        14: text[:at], 15: "",
    }.get(kind, text + text)


def re_encoded(rng, text):
    """The same bytes, written in another way."""
    found = re.search(r"[A-Za-z0-9+/_\-]{20,}=*", text)
    if not found:
        return text
    sent = found.group()
    for encoding in ("hex", "base64", "base64url"):
        data = decode(encoding, sent)
        if data is not None:
            other = rng.choice([e for e in ("hex", "base64", "base64url") if e != encoding])
            kind = rng.randrange(4)
            if kind == 0:
                return text.replace(sent, encode(other, data))
            if kind == 1:
                return text.replace(sent, encode(encoding, data[:rng.randrange(1, len(data))]))
            if kind == 2:
                return text.replace(sent, encode(encoding, data + b"\0"))
            # A stray bit behind the last byte.
            alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
            body = sent.rstrip("=")
            last = alphabet.find(body[-1])
            if last >= 0:
                return text.replace(sent, body[:-1] + alphabet[last ^ 1] + sent[len(body):])
    return text


def changed_body(rng, body):
    kind = rng.randrange(7)
    if kind == 0:
        return body + rng.randbytes(1)
    if kind == 1:
        return body[:-1]
    if kind == 2:
        return rng.choice((b" ", b"\n", b"\xef\xbb\xbf")) + body
    if kind == 3:
        return body + b"\n"
    if kind == 4:
        return body.swapcase()
    if kind == 5 or not body:
        return rng.randbytes(rng.randrange(40))
    at = rng.randrange(len(body))
    return body[:at] + bytes([body[at] ^ 1 << rng.randrange(8)]) + body[at + 1:]


def header_of(rng, case):
    return rng.choice(case.headers) if case.headers else None


def change(rng, spec, case):
    kind = rng.randrange(20)
    pair = header_of(rng, case)
    if kind < 3:
        case.why = "body"
        case.body = changed_body(rng, case.body)
    elif kind < 7 and pair:
        case.why = f"value of {pair[0]}"
        pair[1] = changed_text(rng, pair[1])
    elif kind == 7 and pair:
        case.why = f"other encoding in {pair[0]}"
        pair[1] = re_encoded(rng, pair[1])
    elif kind == 8 and pair:
        case.why = f"without {pair[0]}"
        case.headers.remove(pair)
    elif kind == 9 and pair:
        case.why = f"{pair[0]} twice"
        case.headers.append([pair[0].upper(), rng.choice((pair[1], changed_text(rng, pair[1])))])
    elif kind == 10:
        case.why = "other secrets"
        at = rng.randrange(len(case.keys))
        case.keys.pop(at)
        case.secrets.pop(at)
        if not case.keys or rng.randrange(2):
            other = genuine(rng, case.provider, spec)
            case.keys += other.keys
            case.secrets += other.secrets
        case.signing = 0
    elif kind == 11:
        case.why = "other time now"
        case.now += rng.choice((-1, 1, -1000, 1000, -MINUTE, MINUTE, 10 * MINUTE, -10 * MINUTE))
    elif kind == 12 and spec["time"] and spec["time"][0] != "json":
        case.why = "another time's text, signed"
        _, _, unit, _, _ = spec["time"]
        text = time_text(unit, case.now)
        case.time = rng.choice((
            changed_text(rng, text), time_text("s", case.now), time_text("ms", case.now),
            time_text("date", case.now), text.replace("T", " "), text.replace("Z", "+00:00"),
            "0" + text, text + ".0", "-1", "9" * 20,
        )).encode("ascii", "replace")
        sign(spec, case)
    elif kind == 13:
        case.why = "URL"
        case.url = rng.choice((
            case.url + "x", case.url + "?c=1", case.url.replace("/", "//", 3),
            case.url.replace("hooks", "Hooks"), case.url.replace(".com/", ".com:443/"),
            case.url.replace(".com/", ".com:8443/"), case.url.replace("%2F", "/"),
            case.url.replace("%3a", "%3A"), case.url + "&code=x"))
    elif kind == 14:
        case.why = "method"
        case.method = rng.choice(("GET", "PUT", "PATCH"))
    elif kind == 15 and spec["id"]:
        case.why = "id, signed"
        case.id = rng.choice((b"a.b", b"a:b", b"", b"m 1", b"a\tb", b"x" * 300, b"."))
        sign(spec, case)
    elif kind < 19 and spec["place"][0] in ("fields", "versions", "numbered", "paired"):
        case.why = "list"
        change_list(rng, spec, case)
    else:
        case.why = "signed for another body"
        body, case.body = case.body, changed_body(rng, case.body)
        sign(spec, case)
        case.body = rng.choice((body, case.body))


def change_list(rng, spec, case):
    place = spec["place"]
    if place[0] in ("numbered", "paired"):
        names = place[1] if place[0] == "paired" else [f"{place[1]}{n}" for n in range(1, 12)]
        value = case.headers[-1][1] if case.headers else "x"
        for name in rng.sample(names, rng.randrange(1, len(names) + 1)):
            case.put(name, rng.choice((value, changed_text(rng, value))))
        if rng.randrange(4) == 0:
            case.put(rng.choice(("box-signature-tertiary", "x-docusign-signature-01",
                                 "x-docusign-signature-1234", "x-docusign-signature-a")), value)
        return
    separator = place[3] if place[0] == "fields" else " "
    value = case.only(place[1])
    if value is None:
        return
    entries = value.split(separator)
    key = f"{place[2]}=" if place[0] == "fields" else f"{place[2]},"
    signed = entries[-1][len(key):]
    others = [f"{key}{changed_text(rng, signed)}", f"v0{key[-1]}{signed}", f"v2{key[-1]}{signed}",
              "x", "", f"{key}{signed}", f"{key}", f"t={case.now}", f"ts={case.now // 1000}",
              f"{key.upper()}{signed}", f"unknown{key[-1]}=,"]
    for _ in range(rng.choice((1, 1, 2, 3, 6, 7, 8, 9))):
        other = rng.choice(others) if rng.randrange(3) else f"{key}{'0' * len(signed)}"
        entries.insert(rng.randrange(len(entries) + 1), other)
    if rng.randrange(4) == 0:
        rng.shuffle(entries)
    joined = separator if rng.randrange(5) else rng.choice((",", ", ", ";", "  ", " "))
    case.put(place[1], joined.join(entries))
