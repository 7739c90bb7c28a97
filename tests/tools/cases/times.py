"""Times as texts, and back."""

import calendar
import email.utils
import json
import re

MINUTE = 60_000


def time_text(unit, millis):
    if unit in ("s", "s or ms"):
        return str(millis // 1000)
    if unit == "ms":
        return str(millis)
    if unit == "http or s":
        return email.utils.formatdate(millis // 1000, usegmt=True)
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
    if unit == "s or ms":
        return millis_of("ms" if len(text) > 10 else "s", text)
    if unit == "http or s":
        date = email.utils.parsedate_tz(text) if text.endswith(" GMT") else None
        millis = calendar.timegm(date) * 1000 if date else None
        # Only what would be written like this.
        is_exact = millis is not None and time_text(unit, millis) == text
        return millis if is_exact else millis_of("s", text)
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


class Object(list):
    """The fields of a JSON object, with every key as often as it is there."""


def json_time(body, path):
    names = path.split("/")
    try:
        value = json.loads(body.decode("utf-8-sig"), object_pairs_hook=Object)
    except ValueError:
        # What was signed is the provider's, and looked at up to the time: it may break off later.
        before = rb'[ \n]*\{(?:"[ !#-\[\]-~]*":"[^"\\\x00-\x1f]*",)?'
        keys = rb"\{".join(b'"' + name.encode() + b'":' for name in names)
        found = re.match(before + keys + rb'(?:([0-9]+)(?![0-9.eE])|"([!#-\[\]-~]*)")', body)
        return found and (found.group(1) or found.group(2)).decode()
    for name in names:
        if not isinstance(value, Object):
            return None
        # The first of a key counts.
        value = next((value for key, value in value if key == name), None)
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    return str(value)
