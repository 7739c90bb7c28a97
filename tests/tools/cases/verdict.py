"""Whether a request is genuine, by the rules of its scheme."""

import base64
import hashlib
import hmac
import re
import urllib.parse

from case import decode, encode
from keys import HASHES, Pair
from times import json_time, millis_of

TOKEN = re.compile(rb"[A-Za-z0-9\-_+/=]+\Z")


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


def is_text(body):
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


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
        is_whole = unit in ("s", "http or s") or unit == "s or ms" and millis % 1000 == 0
        now = case.now // 1000 * 1000 if is_whole else case.now
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
    # These have challenges of strangers signed, and challenges are tokens.
    if case.provider in ("twitter", "smartcar", "linkedin") and TOKEN.match(case.body):
        return False
    # Bytes that are no text could be the padding of a hash that goes on.
    if spec["algorithm"] == "concat" and not is_text(case.body):
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
