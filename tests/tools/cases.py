#!/usr/bin/env python3
"""Random requests, and by an implementation of its own whether each is genuine.

    python3 tests/tools/cases.py FAMILY COUNT [SEED] | cargo run --release -p webhook-tests --bin judge

Each line is one request, in JSON: provider, secrets, method, URL, headers, body (base64), the present
(milliseconds since 1970), whether it is genuine, and what was done to it. The rules are those of the
providers' descriptions, under the strictness that `webhook-runtime/src/verify/scheme/mod.rs` states for all of
them; nothing here was taken from there but these. Python 3.9 or newer, and nothing else; the families
`ed25519`, `ecdsa` and `rsa` need the package `cryptography`.
"""

import base64
import calendar
import hashlib
import hmac
import json
import random
import re
import sys
import urllib.parse

MINUTE = 60_000
ANY = None
TOKEN = re.compile(rb"[A-Za-z0-9\-_+/=]+\Z")


def spec(place, sign=None, **more):
    base = dict(algorithm="sha256", encoding="hex", key="text", time=None, id=None, requires=[])
    return {**base, "place": place, "sign": sign or (lambda v: v["body"]), **more}


def bare(header, prefix=""):
    return ("bare", header, prefix)


def fields(header, key="v1", separator=","):
    return ("fields", header, key, separator)


def standard(prefix="webhook", version="v1", **more):
    return spec(
        ("versions", f"{prefix}-signature", version),
        lambda v: b".".join([v["id"], v["time"], v["body"]]),
        **{
            "encoding": "base64",
            "key": "whsec",
            "id": f"{prefix}-id",
            "time": ("header", f"{prefix}-timestamp", "s", 5 * MINUTE, 5 * MINUTE),
            **more,
        },
    )


def dotted(v):
    return v["time"] + b"." + v["body"]


def coloned(v):
    return v["time"] + b":" + v["body"]


def of_slack(v):
    return b"v0:" + v["time"] + b":" + v["body"]


def at(place, name, unit="s", past=ANY, future=ANY):
    return (place, name, unit, past, future)


# What HubSpot's documentation lists, and no other escapes.
ESCAPES = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$",
    "%27": "'", "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}


def decoded_url(url):
    known = lambda found: ESCAPES.get(found.group().upper(), found.group())
    return re.sub(r"%[0-9A-Fa-f]{2}", known, url)


FAMILIES = {
    "body": {
        "github": spec(bare("x-hub-signature-256", "sha256=")),
        "github-sha1": spec(bare("x-hub-signature", "sha1="), algorithm="sha1"),
        "intercom": spec(bare("x-hub-signature", "sha1="), algorithm="sha1"),
        "vercel": spec(bare("x-vercel-signature"), algorithm="sha1"),
        "gitea": spec(bare("x-gitea-signature"), form_field="payload"),
        "shopify": spec(bare("x-shopify-hmac-sha256"), encoding="base64"),
        "typeform": spec(bare("typeform-signature", "sha256="), encoding="base64"),
        "twitter": spec(bare("x-twitter-webhooks-signature", "sha256="), encoding="base64"),
        "notion": spec(bare("x-notion-signature", "sha256=")),
        "dropbox": spec(bare("x-dropbox-signature")),
        "heroku": spec(bare("heroku-webhook-hmac-sha256"), encoding="base64"),
        "xero": spec(bare("x-xero-signature"), encoding="base64"),
        "airtable": spec(bare("x-airtable-content-mac", "hmac-sha256="), key="base64"),
        "adyen-header": spec(bare("hmacsignature"), encoding="base64", key="hex"),
        "woocommerce": spec(bare("x-wc-webhook-signature"), encoding="base64", key="html"),
        "plain": spec(bare("x-signature")),
        "sha512-raw": spec(bare("x-signature"), encoding="base64", algorithm="sha512"),
    },
    "list": {
        "stripe": spec(fields("stripe-signature"), dotted,
                       time=at("field", "t", "s", 5 * MINUTE, 5 * MINUTE)),
        "mux": spec(fields("mux-signature"), dotted,
                    time=at("field", "t", "s", 5 * MINUTE, 5 * MINUTE)),
        "calendly": spec(fields("calendly-webhook-signature"), dotted,
                         time=at("field", "t", "s", 3 * MINUTE, 3 * MINUTE)),
        "workos": spec(fields("workos-signature", separator=", "), dotted,
                       time=at("field", "t", "ms", 3 * MINUTE, 3 * MINUTE)),
        "paddle": spec(fields("paddle-signature", "h1", ";"), coloned,
                       time=at("field", "ts", "s", 5_000, 5_000)),
        "sanity": spec(fields("sanity-webhook-signature"), dotted, encoding="base64url",
                       time=at("field", "t", "ms")),
        "circleci": spec(fields("circleci-signature")),
        "pagerduty": spec(fields("x-pagerduty-signature")),
        "docusign": spec(("numbered", "x-docusign-signature-"), encoding="base64"),
        "box": spec(("paired", ["box-signature-primary", "box-signature-secondary"]),
                    lambda v: v["body"] + v["time"], encoding="base64",
                    time=at("header", "box-delivery-timestamp", "date", 10 * MINUTE, 0),
                    requires=[("box-signature-version", "1"),
                              ("box-signature-algorithm", "HmacSHA256")]),
    },
    "time": {
        "slack": spec(bare("x-slack-signature", "v0="), of_slack,
                      time=at("header", "x-slack-request-timestamp", "s", 5 * MINUTE, 5 * MINUTE)),
        "zoom": spec(bare("x-zm-signature", "v0="), of_slack,
                     time=at("header", "x-zm-request-timestamp")),
        "webflow": spec(bare("x-webflow-signature"), coloned,
                        time=at("header", "x-webflow-timestamp", "ms", 5 * MINUTE, 5 * MINUTE)),
        "zendesk": spec(bare("x-zendesk-webhook-signature"), lambda v: v["time"] + v["body"],
                        encoding="base64",
                        time=at("header", "x-zendesk-webhook-signature-timestamp", "date")),
        "twitch": spec(bare("twitch-eventsub-message-signature", "sha256="),
                       lambda v: v["id"] + v["time"] + v["body"], id="twitch-eventsub-message-id",
                       time=at("header", "twitch-eventsub-message-timestamp", "date")),
        "hubspot-v3": spec(bare("x-hubspot-signature-v3"), encoding="base64",
                           sign=lambda v: v["method"] + decoded_url(v["url"].decode()).encode()
                           + v["body"] + v["time"],
                           time=at("header", "x-hubspot-request-timestamp", "ms", 5 * MINUTE,
                                   5 * MINUTE)),
        "linear": spec(bare("linear-signature"),
                       time=at("json", "webhookTimestamp", "ms", MINUTE, MINUTE)),
    },
    "standard": {
        "standard-webhooks": standard(),
        "svix": standard("svix"),
        "clerk": standard("svix"),
        "resend": standard("svix"),
        "gitlab-signing": standard(),
        "replicate": standard(),
        "openai": standard(key="whsec-or-text"),
        "polar": standard(key="text"),
    },
    "url": {
        "square": spec(bare("x-square-hmacsha256-signature"), lambda v: v["url"] + v["body"],
                       encoding="base64"),
        "trello": spec(bare("x-trello-webhook"), lambda v: v["body"] + v["url"],
                       encoding="base64", algorithm="sha1"),
        "twilio": spec(bare("x-twilio-signature"), lambda v: v["url"] + v["fields"],
                       encoding="base64", algorithm="sha1", form="distinct"),
        "mandrill": spec(bare("x-mandrill-signature"), lambda v: v["url"] + v["fields"],
                         encoding="base64", algorithm="sha1", form="kept"),
    },
    "token": {
        "gitlab-token": spec(bare("x-gitlab-token"), algorithm="token"),
        "telegram": spec(bare("x-telegram-bot-api-secret-token"), algorithm="token"),
        "okta": spec(bare("authorization"), algorithm="token"),
        "auth0": spec(bare("authorization"), algorithm="token"),
        "cloudevents": spec(bare("authorization"), algorithm="token"),
        "azure-eventgrid": spec(("query", "code"), algorithm="token"),
        "postmark": spec(bare("authorization"), algorithm="basic", key="basic"),
    },
    "concat": {
        "hubspot-v1": spec(bare("x-hubspot-signature"), lambda v: v["secret"] + v["body"],
                           algorithm="concat", requires=[("x-hubspot-signature-version", "v1")]),
        "hubspot-v2": spec(bare("x-hubspot-signature"),
                           lambda v: v["secret"] + v["method"] + v["url"] + v["body"],
                           algorithm="concat", requires=[("x-hubspot-signature-version", "v2")]),
    },
    "ed25519": {
        "discord": spec(bare("x-signature-ed25519"), lambda v: v["time"] + v["body"],
                        algorithm="ed25519", key="public-hex",
                        time=at("header", "x-signature-timestamp")),
        "standard-webhooks-v1a": standard(version="v1a", algorithm="ed25519", key="public-whpk"),
    },
    "ecdsa": {
        "sendgrid": spec(bare("x-twilio-email-event-webhook-signature"),
                         lambda v: v["time"] + v["body"], algorithm="ecdsa", key="public-der",
                         encoding="base64",
                         time=at("header", "x-twilio-email-event-webhook-timestamp")),
    },
    "rsa": {
        "kick": spec(bare("kick-event-signature"),
                     lambda v: b".".join([v["id"], v["time"], v["body"]]), algorithm="rsa",
                     key="public-pem", encoding="base64", id="kick-event-message-id",
                     time=at("header", "kick-event-message-timestamp", "date")),
    },
    "jwt": {
        "livekit": dict(header="authorization", body=("sha256", "base64"), issuer="in-secret"),
        "netlify": dict(header="x-webhook-signature", body=("sha256", "hex"), issuer="netlify"),
        "messagebird": dict(header="messagebird-signature-jwt", body=("payload_hash", "hex"),
                            issuer="MessageBird", only_with_body=True, id=True, url="url_hash",
                            algorithms=("HS256", "HS384", "HS512")),
        "monday": dict(header="authorization", audience=True, expires=True),
        "atlassian-connect": dict(header="authorization", prefix="JWT ", request="qsh",
                                  expires=True),
    },
}


class Case:
    def __init__(self, provider, method, url, body, now):
        self.provider, self.method, self.url, self.body, self.now = provider, method, url, body, now
        self.secrets, self.headers, self.why = [], [], "genuine"
        # What the signer knows.
        self.keys, self.time, self.id, self.signing = [], b"", b"", 0

    def only(self, name):
        values = [value for its_name, value in self.headers if its_name.lower() == name]
        return values[0] if len(values) == 1 and values[0].isascii() else None

    def put(self, name, value):
        self.headers = [pair for pair in self.headers if pair[0].lower() != name]
        self.headers.append([name, value])

    def line(self, genuine):
        body = base64.b64encode(self.body).decode()
        return json.dumps(
            [self.provider, self.secrets, self.method, self.url, self.headers, body, self.now,
             genuine, self.why],
            separators=(",", ":"),
        )


# Bytes as text, and back, strictly.


def encode(encoding, data):
    if encoding == "hex":
        return data.hex()
    if encoding == "base64":
        return base64.b64encode(data).decode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode(encoding, text):
    """The bytes of a text that is exactly what `encode` writes."""
    try:
        if encoding == "hex":
            data = bytes.fromhex(text)
        elif encoding == "base64":
            data = base64.b64decode(text, validate=True)
        else:
            data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    return data if data and encode(encoding, data) == text else None


# Secrets.

HASHES = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha512": hashlib.sha512}
HTML = [("&quot;", '"'), ("&#039;", "'"), ("&#x27;", "'"), ("&lt;", "<"), ("&gt;", ">"),
        ("&amp;", "&")]


def random_secret(rng, key):
    raw = rng.randbytes(rng.choice((8, 16, 24, 32, 64, 70, 200)))
    text = base64.b64encode(raw).decode()
    if key == "hex":
        return rng.choice((raw.hex(), raw.hex().upper()))
    if key == "base64":
        return rng.choice((text, text.rstrip("=")))
    if key == "whsec":
        return rng.choice(("whsec_", "")) + rng.choice((text, text.rstrip("=")))
    if key == "whsec-or-text":
        return rng.choice(("whsec_" + text, text))
    if key == "basic":
        return f"user:{text}"
    if key == "html":
        return text[:8] + rng.choice(("&amp;", "&lt;b&gt;", "'", "&quot;", "&#039;", "é")) + text[8:]
    return rng.choice((text, raw.hex(), "pä$$ wörd " + raw.hex()[:8], "whsec_" + text))


def key_of(secret, key):
    def based(text):
        return base64.b64decode(text + "=" * (-len(text) % 4))

    if key == "hex":
        return bytes.fromhex(secret)
    if key == "base64":
        return based(secret)
    if key == "whsec":
        return based(secret[6:] if secret.startswith("whsec_") else secret)
    if key == "whsec-or-text" and secret.startswith("whsec_"):
        return based(secret[6:])
    if key == "html":
        for entity, mark in HTML:
            secret = secret.replace(entity, mark)
    return secret.encode()


class Pair:
    """A key pair, and what its owner signed already: signing is slow."""

    made = {}

    def __init__(self, rng, algorithm, key):
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

        formats = (serialization.Encoding, serialization.PublicFormat)
        if algorithm == "ed25519":
            private = ed25519.Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
            self.sign, public = private.sign, private.public_key()
            self.check = public.verify
        elif algorithm == "ecdsa":
            private = ec.generate_private_key(ec.SECP256R1())
            how = ec.ECDSA(hashes.SHA256())
            public = private.public_key()
            self.sign = lambda message: private.sign(message, how)
            self.check = lambda signature, message: public.verify(signature, message, how)
        else:
            private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            how = (padding.PKCS1v15(), hashes.SHA256())
            public = private.public_key()
            self.sign = lambda message: private.sign(message, *how)
            self.check = lambda signature, message: public.verify(signature, message, *how)
        raw = lambda: public.public_bytes(formats[0].Raw, formats[1].Raw)
        if key == "public-hex":
            self.secret = raw().hex()
        elif key == "public-whpk":
            self.secret = "whpk_" + base64.b64encode(raw()).decode()
        elif key == "public-der":
            der = public.public_bytes(formats[0].DER, formats[1].SubjectPublicKeyInfo)
            self.secret = base64.b64encode(der).decode()
        else:
            self.secret = public.public_bytes(
                formats[0].PEM, formats[1].SubjectPublicKeyInfo).decode()

    @classmethod
    def one_of(cls, rng, algorithm, key):
        pool = cls.made.setdefault((algorithm, key), [])
        if len(pool) < 6:
            pool.append(cls(rng, algorithm, key))
        return rng.choice(pool)

    def is_of(self, signature, message):
        from cryptography.exceptions import InvalidSignature

        try:
            self.check(signature, message)
            return True
        except InvalidSignature:
            return False


# Times.


def time_text(unit, millis):
    if unit == "s":
        return str(millis // 1000)
    if unit == "ms":
        return str(millis)
    seconds = millis // 1000
    days, rest = divmod(seconds, 86_400)
    # The civil date by counting, as no library's limits are wanted here.
    year, left = 1970, days
    while left >= 365 + calendar.isleap(year):
        left -= 365 + calendar.isleap(year)
        year += 1
    month = 1
    while left >= calendar.monthrange(year, month)[1]:
        left -= calendar.monthrange(year, month)[1]
        month += 1
    clock = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}.{millis % 1000:03}"
    return f"{year:04}-{month:02}-{left + 1:02}T{clock}Z"


DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))\Z",
    re.ASCII)


def millis_of(unit, text):
    if unit == "s":
        return int(text) * 1000 if re.fullmatch(r"[1-9][0-9]{9}", text) else None
    if unit == "ms":
        return int(text) if re.fullmatch(r"[1-9][0-9]{12}", text) else None
    found = DATE.match(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    fraction, sign, hours, minutes = found.groups()[6:]
    if not (year >= 1 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]):
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    millis = calendar.timegm((year, month, day, hour, minute, second)) * 1000
    millis += int(((fraction or "") + "000")[:3])
    if sign:
        if int(hours) > 23 or int(minutes) > 59:
            return None
        offset = (int(hours) * 60 + int(minutes)) * MINUTE
        millis += offset if sign == "-" else -offset
    return millis if millis >= 0 else None


# Schemes that sign a text.


def message(spec, case, key, values):
    signed = dict(method=case.method.encode(), url=case.url.encode(), body=case.body, secret=key,
                  **values)
    if "form_field" in spec and is_form(case):
        # Nothing is signed of a form but this field.
        found = [value for name, value in form(case.body) if name == spec["form_field"]]
        signed["body"] = found[0].encode() if len(found) == 1 else b""
    if "form" in spec:
        signed["fields"] = sorted_fields(case.body, spec["form"])
    return spec["sign"](signed)


def sorted_fields(body, repeated):
    named = {}
    for name, value in form(body):
        named.setdefault(name, []).append(value)
    joined = ""
    for name in sorted(named, key=lambda name: name.encode()):
        values = named[name]
        if repeated == "distinct":
            values = sorted(set(values), key=lambda value: value.encode())
        joined += "".join(name + value for value in values)
    return joined.encode()


def form(body):
    """The URL standard's form parser."""
    for pair in body.split(b"&"):
        if pair:
            name, _, value = pair.partition(b"=")
            yield tuple(
                urllib.parse.unquote_to_bytes(part.replace(b"+", b" ")).decode("utf-8", "replace")
                for part in (name, value))


def tag(spec, key, text):
    algorithm = spec["algorithm"]
    if algorithm == "concat":
        return hashlib.sha256(text).digest()
    return hmac.new(key, text, HASHES[algorithm]).digest()


def signature(spec, case, key, values):
    algorithm = spec["algorithm"]
    if algorithm == "token":
        return key.decode()
    if algorithm == "basic":
        return "Basic " + base64.b64encode(key).decode()
    if isinstance(key, Pair):
        return encode(spec["encoding"], key.sign(message(spec, case, b"", values)))
    return encode(spec["encoding"], tag(spec, key, message(spec, case, key, values)))


def is_right(spec, case, key, values, text):
    if isinstance(key, Pair):
        sent = decode(spec["encoding"], text)
        return sent is not None and key.is_of(sent, message(spec, case, b"", values))
    return text == signature(spec, case, key, values)


def claims(spec, case):
    """The signatures that a request claims, and the only key of each; times in their midst."""
    kind = spec["place"][0]
    if kind == "bare":
        _, header, prefix = spec["place"]
        value = case.only(header)
        if value is None or not value.startswith(prefix):
            return None
        return [(value[len(prefix):], None)], []
    if kind == "fields":
        _, header, key, separator = spec["place"]
        value = case.only(header)
        if value is None:
            return None
        found, times = [], []
        for field in value.split(separator):
            name, mark, text = field.partition("=")
            if not mark:
                return None
            if name == key:
                found.append((text, None))
            elif spec["time"] and spec["time"][:2] == ("field", name):
                times.append(text)
        return (found, times) if len(found) <= 8 and len(times) <= 1 else None
    if kind == "versions":
        _, header, version = spec["place"]
        value = case.only(header)
        if value is None or value.count(" ") >= 8:
            return None
        found = []
        for entry in value.split(" "):
            its_version, mark, text = entry.partition(",")
            if not mark:
                return None
            if its_version == version:
                found.append((text, None))
        return found, []
    if kind == "numbered":
        names = {name.lower() for name, _ in case.headers}
        pattern = re.escape(spec["place"][1]) + "[0-9]{1,3}"
        names = [name for name in names if re.fullmatch(pattern, name)]
        values = [case.only(name) for name in names]
        if not values or len(values) > 8 or None in values:
            return None
        return [(value, None) for value in values], []
    if kind == "paired":
        found = []
        for at, header in enumerate(spec["place"][1]):
            if any(name.lower() == header for name, _ in case.headers):
                value = case.only(header)
                if value is None:
                    return None
                found.append((value, at))
        return (found, []) if found else None
    name = spec["place"][1] + "="
    query = case.url.partition("?")[2]
    values = [pair[len(name):] for pair in query.split("&") if pair.startswith(name)]
    return ([(values[0], None)], []) if len(values) == 1 else None


def is_form(case):
    for name, value in case.headers:
        if name.lower() == "content-type":
            # Of several, the first is looked at.
            essence = value.split(";")[0].strip().lower()
            return value.isascii() and essence == "application/x-www-form-urlencoded"
    return False


def is_genuine(spec, case):
    for name, value in spec["requires"]:
        if case.only(name) != value:
            return False
    found = claims(spec, case)
    if found is None:
        return False
    found, times = found
    values = dict(time=b"", id=b"")
    if spec["time"]:
        place, name, unit, past, future = spec["time"]
        if place == "field":
            text = times[0] if times else None
        elif place == "header":
            text = case.only(name)
        else:
            text = json_time(case.body, name)
        millis = None if text is None else millis_of(unit, text)
        if millis is None:
            return False
        now = case.now // 1000 * 1000 if unit == "s" else case.now
        if past is not None and now - millis > past or future is not None and millis - now > future:
            return False
        if place != "json":
            values["time"] = text.encode()
    if spec["id"]:
        given = case.only(spec["id"])
        if not given:
            return False
        if case.provider == "twitch":
            if not TOKEN.match(given.encode()):
                return False
        elif "." in given:
            return False
        values["id"] = given.encode()
    if case.provider == "twitter" and TOKEN.match(case.body):
        return False
    if "form" in spec and not form_is_signed(spec, case):
        return False
    if "form_field" in spec and is_form(case):
        if [name for name, _ in form(case.body)].count(spec["form_field"]) != 1:
            return False
    urls = [case.url]
    hash_name = spec["algorithm"]
    if case.provider == "twilio":
        urls = with_port(case.url)
        hash_name = twilio_hash(case)
        if hash_name is None:
            return False
    spec = {**spec, "algorithm": hash_name}
    url = case.url
    for candidate in urls:
        case.url = candidate
        right = any(
            (only is None or only == at) and is_right(spec, case, key, values, text)
            for at, key in enumerate(case.keys) for text, only in found)
        case.url = url
        if right:
            return True
    return False


def form_is_signed(spec, case):
    """Mandrill signs forms; Twilio also requests without a body."""
    return is_form(case) or case.provider == "twilio" and not case.body


def with_port(url):
    parts = urllib.parse.urlsplit(url)
    host, _, port = parts.netloc.partition(":")
    rest = url[len("https://") + len(parts.netloc):]
    if not port:
        return [url, f"https://{host}:443{rest}"]
    return [url, f"https://{host}{rest}"] if port == "443" else [url]


def twilio_hash(case):
    name = "x-twilio-webhooks-signature-settings"
    if not any(its_name.lower() == name for its_name, _ in case.headers):
        return "sha1"
    settings = case.only(name)
    if settings is None:
        return None
    chosen = [part[10:] for part in settings.split(",") if part.startswith("algorithm=")]
    return {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}.get(chosen[0]) if len(chosen) == 1 else None


class Object(list):
    """The fields of a JSON object, with every key as often as it is there."""


def json_time(body, name):
    try:
        pairs = json.loads(body.decode(), object_pairs_hook=Object)
    except ValueError:
        # What was signed is the provider's, and looked at up to the time: it may break off later.
        before = rb'[ \n]*\{(?:"[ !#-\[\]-~]*":"[^"\\\x00-\x1f]*",)?'
        found = re.match(before + b'"' + name.encode() + rb'":([0-9]+)(?![0-9.eE])', body)
        return found and found.group(1).decode()
    if not isinstance(pairs, Object):
        return None
    # The first of a key counts.
    value = next((value for key, value in pairs if key == name), None)
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    return str(value)


def random_body(rng, spec, now):
    if spec.get("form"):
        pick = lambda: rng.choice(("A", "b c", "ä&", "x=1", "", "%", "+", "Body"))
        pairs = [(pick() + str(rng.randrange(4)), pick()) for _ in range(rng.randrange(5))]
        return urllib.parse.urlencode(pairs).encode()
    if "form_field" in spec and rng.randrange(4) == 0:
        fields = [("payload", rng.choice(('{"a": "é+"}', "", "x y"))) for _ in range(rng.choice((1, 1, 2)))]
        return urllib.parse.urlencode(fields + [("b", "1")] * rng.randrange(2)).encode()
    if spec["time"] and spec["time"][0] == "json":
        fields = [f'"webhookTimestamp":{now}', f'"a":"{rng.randrange(1 << 40)}"']
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


# What is done to a request. Each change is applied, and judged afterwards.


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


# JSON web tokens.


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
        elif claims.get(name) != encode(encoding, hashlib.sha256(case.body).digest()):
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
