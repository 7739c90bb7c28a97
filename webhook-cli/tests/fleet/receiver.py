"""A receiver of webhooks with nothing but the standard library of Python.

    python3 receiver.py STYLE [TRAIT ...]

STYLE is github, stripe, slack, zoom or standard. Each TRAIT changes one thing: most are flaws, and those
of MANNERS are not. It prints its port, and `/effects` shows how many deliveries were handled.
"""

import base64
import hashlib
import hmac
import json
import os
import queue
import sys
import threading
import time
import traceback
import unicodedata
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer

STYLE = sys.argv[1]
TRAITS = set(sys.argv[2:])
MANNERS = {"http10", "single", "queue", "dedupe", "throttle", "chatty", "small", "huge", "lazy-limit", "first", "last",
           "drain", "busy", "untimed"}
SECRET = os.environ["TEST_SECRET"]
LIMIT = 64 * 1024 if "small" in TRAITS else 100 * 1024 * 1024 if "huge" in TRAITS else 1024 * 1024
TOLERANCE = 300

lock = threading.Lock()
effects = 0
known = set()
refused = 0
window = [0, 0]
waiting = queue.Queue()


def has(trait):
    return trait in TRAITS


class Refused(Exception):
    def __init__(self, status, why):
        super().__init__(why)
        self.status, self.why = status, why


def handle(event):
    global effects
    with lock:
        effects += 2 if has("twice") else 1


def work():
    while True:
        event = waiting.get()
        time.sleep(0.4)
        handle(event)


def sign(text, secret=None, digest=hashlib.sha256):
    key = SECRET.encode() if secret is None else secret
    if STYLE == "standard" and secret is None:
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
    tag = hmac.new(key, text, digest)
    return base64.b64encode(tag.digest()).decode() if STYLE == "standard" else tag.hexdigest()


def same(sent, expected):
    if has("prefix"):
        return expected.startswith(sent)
    if has("beginning"):
        return sent[:8] == expected[:8] and len(sent) == len(expected)
    if has("contains"):
        return expected in sent
    if has("crash-short") and len(sent) < 64:
        raise IndexError("no such character")
    if has("any-case"):
        return sent.lower() == expected.lower()
    return hmac.compare_digest(sent.encode("utf-8", "surrogateescape"), expected.encode())


def signed(body):
    """The bytes of the body that are signed."""
    if has("reserialize"):
        try:
            return json.dumps(json.loads(body), separators=(",", ":")).encode()
        except ValueError:
            return body
    if has("slashes"):
        return body.replace(b"\\/", b"/")
    if has("trim"):
        return body.strip()
    if has("compose"):
        return unicodedata.normalize("NFC", body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    if has("drop-bytes"):
        return body.decode("utf-8", "ignore").encode()
    if has("64k"):
        return body[: 64 * 1024]
    if has("500k"):
        return body[:500_000]
    return body


def timely(text):
    if has("no-window") or has("untimed"):
        return True
    try:
        stamp = float(text) if has("floats") else int(text) if text.isdigit() and len(text) < 12 else None
    except ValueError:
        stamp = None
    if stamp is None:
        return False
    if has("no-future"):
        return time.time() - stamp <= TOLERANCE
    return not abs(time.time() - stamp) > TOLERANCE


def verify(headers, body):
    header = headers.get
    if has("user-agent") and (header("user-agent") or "").startswith(("GitHub-Hookshot/", "Stripe/")):
        return
    if has("debug-header") and header("x-debug"):
        return
    if has("local-host") and header("host", "").split(":")[0] == "localhost":
        return

    def one(name):
        values = headers.get_all(name) or []
        if not values or not values[0]:
            raise Refused(400 if has("chatty") else 401, f"{name} is missing")
        if len(values) > 1 and not has("first") and not has("last") and not has("either"):
            raise Refused(400, f"{name} is there twice")
        return values[-1] if has("last") else values[0]

    names = {"github": "x-hub-signature-256", "stripe": "stripe-signature", "slack": "x-slack-signature", "zoom": "x-zm-signature",
             "standard": "webhook-signature"}
    if has("missing") and header(names[STYLE]) is None:
        return
    sent = one(names[STYLE])
    if has("remember") and sent in known:
        return
    if has("either"):
        sent = next((it for it in headers.get_all(names[STYLE]) if same(it, "sha256=" + sign(body))), sent)
    if has("digest") and sent == "sha256=" + hashlib.sha256(body).hexdigest():
        return
    if has("none") and sent.lower().startswith("none"):
        return
    keys = [None, b""] if has("empty-secret") else [None]
    body = signed(body)
    for key in keys:
        if STYLE == "github":
            if has("algorithm") and sent.startswith("sha512="):
                good = same(sent[7:], sign(body, key, hashlib.sha512))
            elif has("no-prefix"):
                good = same(sent.removeprefix("sha256="), sign(body, key))
            else:
                good = sent.startswith("sha256=") and same(sent[7:], sign(body, key))
        elif STYLE in ("slack", "zoom"):
            stamp = one("x-slack-request-timestamp" if STYLE == "slack" else "x-zm-request-timestamp")
            if not timely(stamp):
                raise Refused(401, "too old")
            good = sent.startswith("v0=") and same(sent[3:], sign(b"v0:" + stamp.encode("latin-1") + b":" + body, key))
        elif STYLE == "standard":
            stamp, name = one("webhook-timestamp"), one("webhook-id")
            if not timely(stamp):
                raise Refused(401, "too old")
            text = f"{name}.{stamp}.".encode("latin-1") + body
            expected = sign(text, key)
            entries = [entry.split(",", 1) for entry in sent.split(" ") if "," in entry]
            if has("first-of-list"):
                entries = entries[:1]
            good = any(same(value, expected) for version, value in entries
                       if version == "v1" or has("versions"))
        else:
            # The Stripe list, as Stripe's own SDK reads it: the time comes first.
            stamp, values = "", []
            for item in sent.split(","):
                field, _, value = item.partition("=")
                if field.strip() == "t":
                    if stamp:
                        raise Refused(400, "two times")
                    stamp = value
                elif field.strip() == "v1":
                    if not stamp:
                        raise Refused(400, "Unable to extract timestamp and signatures from header")
                    values.append(value)
            if not timely(stamp):
                raise Refused(400, "Timestamp outside the tolerance zone")
            expected = sign(stamp.encode("latin-1") + b"." + body, key)
            if has("oracle"):
                raise_if = not any(same(value, expected) for value in values)
                if raise_if:
                    raise Refused(400, f"expected v1={expected}")
            good = any(same(value, expected) for value in values)
            if has("every"):
                good = all(same(value, expected) for value in values)
        if good:
            known.add(sent)
            return
    raise Refused(401, "the signature is wrong")


def key_of(headers, body, event):
    """What recognizes a delivery."""
    if has("unsigned-id"):
        return headers.get("svix-id") or headers.get("x-request-id") or headers.get("webhook-id")
    if STYLE == "standard":
        return headers.get("webhook-id")
    if STYLE == "stripe":
        return event.get("id")
    if STYLE == "slack":
        return event.get("event_id")
    return hashlib.sha256(body).hexdigest()


def depth(value):
    if isinstance(value, dict):
        return 1 + max((depth(inner) for inner in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((depth(inner) for inner in value), default=0)
    return 0


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0" if has("http10") else "HTTP/1.1"
    timeout = 30

    def log_message(self, *_):
        pass

    def answer(self, status, text="", **headers):
        data = text.encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def body(self):
        length = self.headers.get("content-length")
        if self.headers.get("transfer-encoding"):
            if not has("endless") and not has("drain"):
                self.close_connection = True
                raise Refused(411, "a length is required")
            pieces, total = [], 0
            while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
                piece = self.rfile.read(size)
                total += size
                if not has("drain") or total <= LIMIT:
                    pieces.append(piece)
                self.rfile.readline()
            if has("drain") and total > LIMIT:
                self.close_connection = True
                raise Refused(413, "too large")
            return b"".join(pieces)
        length = int(length or 0)
        if length > LIMIT and not has("endless"):
            self.close_connection = True
            raise Refused(413, "too large")
        return self.rfile.read(length)

    def do_GET(self):
        if self.path == "/effects":
            return self.answer(200, json.dumps({"handled": effects}))
        if self.path == "/":
            return self.answer(200, "hello")
        return self.answer(405 if self.path == "/hooks" else 404)

    def do_HEAD(self):
        self.answer(200)

    def do_OPTIONS(self):
        self.answer(204, allow="POST, OPTIONS")

    def do_PUT(self):
        if has("put"):
            return self.do_POST()
        self.close_connection = True
        self.answer(405)

    def do_POST(self):
        global refused
        try:
            if has("throttle"):
                with lock:
                    now = int(time.time())
                    window[:] = [now, window[1] + 1 if window[0] == now else 1]
                    over = window[1] > 40
                if over and has("busy"):
                    self.close_connection = True
                    return self.answer(503, "slow down")
                if over:
                    self.close_connection = True
                    return self.answer(429, "slow down", retry_after="1")
            body = self.body()
            if has("text"):
                body = body.decode("utf-8", "replace").encode()
            path = self.path.split("?")[0]
            if path != "/hooks" and not (has("any-path") and path.lower().rstrip("/") == "/hooks"):
                return self.answer(301, location="/hooks") if path == "/hooks/" else self.answer(404)
            if has("handle-first"):
                waiting.put(body) if has("queue") else handle(body)
            if has("parse-first"):
                json.loads(body)
            is_here = path == "/hooks"
            if is_here and not (has("ping") and self.headers.get("x-github-event") == "ping"):
                try:
                    verify(self.headers, body)
                except Refused:
                    refused += 1
                    if not (has("fail-open") and refused > 250):
                        raise
            if has("kill-deep") and body.count(b"[") > 5000:
                os._exit(7)
            if has("kill-number") and len(body) > 900_000 and b"999" in body:
                os._exit(7)
            try:
                event = json.loads(signed(body) if has("drop-bytes") else body)
                if has("recurse"):
                    depth(event)
            except (ValueError, RecursionError):
                if has("unwrap"):
                    raise
                return self.answer(400, "no JSON")
            if not isinstance(event, dict):
                if has("unwrap"):
                    event["type"]
                return self.answer(422, "no object")
            if STYLE == "slack" and "type" not in event:
                return self.answer(400, "no type")
            if event.get("type") == "url_verification":
                return self.answer(200, json.dumps({"challenge": event.get("challenge")}))
            if has("dedupe") or has("unsigned-id"):
                key = str(key_of(self.headers, body, event))
                with lock:
                    if key in known:
                        return self.answer(409 if has("conflict") else 200, "known")
                    known.add(key)
            if has("never"):
                pass
            elif has("queue"):
                waiting.put(event)
            elif not has("handle-first"):
                handle(event)
            self.answer(202 if has("queue") else 200, json.dumps({"ok": True, "request": time.time_ns()}))
        except Refused as refusal:
            if has("leak-secret") or has("leak-stack"):
                return self.answer(401, SECRET if has("leak-secret") else traceback.format_exc())
            text = {"error": refusal.why, "request": time.time_ns()} if has("chatty") or has("oracle") else {"error": "refused"}
            self.answer(refusal.status, json.dumps(text))


class Many(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass


class One(HTTPServer):
    request_queue_size = 128

    def handle_error(self, *_):
        pass


threading.Thread(target=work, daemon=True).start()
address = ("127.0.0.1", int(os.environ.get("TEST_PORT", "0")))
server = (One if has("single") else Many)(address, Receiver)
print(server.server_address[1], flush=True)
server.serve_forever()
