"""JSON web tokens."""

import base64
import hashlib
import hmac
import json
import urllib.parse

from case import Case, decode, encode
from changes import changed_body, changed_text
from families import spec
from genuine import random_body
from verdict import form


def part(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def request_hash(method, url):
    """Atlassian's canonical request."""
    parts = urllib.parse.urlsplit(url)
    path = parts.path.rstrip("/").replace("&", "%26") or "/"
    named = {}
    for name, value in form(parts.query.encode()):
        if name != "jwt":
            named.setdefault(name, []).append(value)
    quote = lambda text: urllib.parse.quote(text, safe="-._~")
    query = "&".join(
        quote(name) + "=" + ",".join(quote(value) for value in sorted(named[name]))
        for name in sorted(named))
    return hashlib.sha256(f"{method}&{path}&{query}".encode()).hexdigest()


def token_key(rules, secret):
    if rules.get("issuer") == "in-secret" and ":" in secret:
        issuer, _, key = secret.partition(":")
        return issuer, key.encode()
    return rules.get("issuer"), secret.encode()


JWT_HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def token_claims(rules, case):
    now = case.now // 1000
    claims = {"iat": now, "exp": now + 60, "jti": "j1"}
    issuer, _ = token_key(rules, case.secrets[case.signing])
    if issuer:
        claims["iss"] = issuer
    if "body" in rules and (case.body or not rules.get("only_with_body")):
        name, encoding = rules["body"]
        claims[name] = encode(encoding, hashlib.sha256(case.body).digest())
    if "url" in rules:
        claims[rules["url"]] = hashlib.sha256(case.url.encode()).hexdigest()
    if "request" in rules:
        claims[rules["request"]] = request_hash(case.method, case.url)
    if rules.get("audience"):
        claims["aud"] = case.url
    if rules.get("subject"):
        claims["sub"] = case.url
    return claims


def send_token(rules, case, claims, header):
    _, key = token_key(rules, case.secrets[case.signing])
    text = part(json.dumps(header).encode()) + "." + part(json.dumps(claims).encode())
    how = JWT_HASHES.get(header.get("alg"), hashlib.sha256)
    tag = hmac.new(key, text.encode(), how).digest()
    if header.get("alg") == "none":
        tag = b""
    case.put(rules["header"], f"{rules.get('prefix', '')}{text}.{part(tag)}")


def is_genuine_token(rules, case):
    value = case.only(rules["header"])
    prefix = rules.get("prefix", "")
    if value is None or not value.startswith(prefix):
        return False
    pieces = value[len(prefix):].split(".")
    if len(pieces) != 3:
        return False
    header, claims, sent = (decode("base64url", piece) for piece in pieces)
    if header is None or claims is None or sent is None:
        return False
    try:
        header, claims = json.loads(header), json.loads(claims)
    except ValueError:
        return False
    if not isinstance(header, dict) or not isinstance(claims, dict):
        return False
    algorithm = header.get("alg")
    if algorithm not in rules.get("algorithms", ("HS256",)):
        return False
    for secret in case.secrets:
        issuer, key = token_key(rules, secret)
        issuer = None if issuer == "in-secret" else issuer
        text = ".".join(pieces[:2]).encode()
        if hmac.new(key, text, JWT_HASHES[algorithm]).digest() == sent:
            return claims_hold(rules, case, claims, issuer)
    return False


def is_hash(sent, encoding, digest):
    # URL-safe base64 may be padded.
    if encoding == "base64url" and isinstance(sent, str) and sent.endswith("="):
        sent = sent[:-1]
    return sent == encode(encoding, digest)


def claims_hold(rules, case, claims, issuer):
    now = case.now // 1000
    for name in ("exp", "nbf", "iat"):
        if name in claims:
            value = claims[name]
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 64:
                return False
    if issuer is not None and claims.get("iss") != issuer:
        return False
    if rules.get("audience") and claims.get("aud") != case.url:
        return False
    if rules.get("subject") and claims.get("sub") != case.url:
        return False
    if rules.get("id") and not isinstance(claims.get("jti"), str):
        return False
    if rules.get("expires") and "exp" not in claims or claims.get("exp", now + 1) <= now:
        return False
    if claims.get("nbf", 0) > now + 5:
        return False
    if "body" in rules:
        name, encoding = rules["body"]
        if rules.get("only_with_body") and not case.body:
            # A claim that is no text is none.
            if isinstance(claims.get(name), str):
                return False
        elif not is_hash(claims.get(name), encoding, hashlib.sha256(case.body).digest()):
            return False
    if "url" in rules and claims.get(rules["url"]) != hashlib.sha256(case.url.encode()).hexdigest():
        return False
    if "request" in rules and claims.get(rules["request"]) != request_hash(case.method, case.url):
        return False
    return True


def token_case(rng, provider, rules):
    now = 1_760_000_000_000 + rng.randrange(1 << 30)
    url = f"https://hooks.example.com/{provider}"
    if rng.randrange(2):
        url += rng.choice(("?a=1&b=2", "?b=2&a=1&a=0", "?x=%20y&jwt=z", "?q=a+b&r=%c3%a9", "?n"))
    case = Case(provider, "POST", url, random_body(rng, spec(None), now), now)
    for _ in range(rng.choice((1, 1, 2))):
        text = rng.randbytes(rng.choice((8, 32, 100))).hex()
        case.secrets.append(f"key:{text}" if provider == "livekit" and rng.randrange(3) else text)
    case.signing = rng.randrange(len(case.secrets))
    claims, header = token_claims(rules, case), {"alg": "HS256", "typ": "JWT"}
    header["alg"] = rng.choice(rules.get("algorithms", ("HS256",)))
    if rng.randrange(3):
        send_token(rules, case, claims, header)
    else:
        for _ in range(rng.choice((1, 1, 2))):
            change_claims(rng, case, claims, header)
        send_token(rules, case, claims, header)
    if rng.randrange(2):
        change_token(rng, rules, case)
    return case


def change_claims(rng, case, claims, header):
    case.why = "claims, signed"
    now = case.now // 1000
    kind = rng.randrange(5)
    if kind == 0:
        header["alg"] = rng.choice(("none", "HS384", "HS512", "hs256", "RS256", "", 7))
    elif kind == 1:
        claims.pop(rng.choice(list(claims)), None)
    elif kind == 2:
        value = rng.choice((now, now - 1, now + 1, now + 5, now + 6, now - 61, 0, -1, 1.5, "1", None,
                            True, 1 << 63, (1 << 64) - 1, 1 << 64))
        claims[rng.choice(("exp", "nbf", "iat"))] = value
    elif kind == 3:
        name = rng.choice(list(claims))
        if isinstance(claims[name], str):
            claims[name] = rng.choice((changed_text(rng, claims[name]), claims[name].upper()))
        else:
            claims[name] = str(claims[name])
    else:
        claims[rng.choice(("extra", "iss", "aud", "jti"))] = rng.choice(("x", 1, None, ["x"]))


def change_token(rng, rules, case):
    kind = rng.randrange(8)
    value = case.headers[-1][1]
    if kind == 0:
        case.why = "body"
        case.body = changed_body(rng, case.body)
    elif kind == 1:
        case.why = "value"
        case.headers[-1][1] = changed_text(rng, value)
    elif kind == 2:
        case.why = "parts"
        pieces = value.split(".")
        rng.choice((pieces.pop, pieces.reverse, lambda: pieces.append("e30")))()
        case.headers[-1][1] = ".".join(pieces)
    elif kind == 3:
        case.why = "URL"
        case.url = case.url.replace("?", "/?") if rng.randrange(2) else case.url + "x"
    elif kind == 4:
        case.why = "method"
        case.method = "PUT"
    elif kind == 5:
        case.why = "other time now"
        case.now += rng.choice((59_999, 60_000, 61_000, -5_000, -6_000, 1))
    elif kind == 6:
        case.why = "other secret"
        case.secrets[case.signing] = rng.choice(("key:", "")) + rng.randbytes(9).hex()
    else:
        case.why = "header twice"
        case.headers.append([rules["header"], value])
