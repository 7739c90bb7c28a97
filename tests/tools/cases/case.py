"""A request, and bytes as text and back."""

import base64
import json


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
