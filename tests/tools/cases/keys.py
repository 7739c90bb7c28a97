"""Secrets, and the keys that they become."""

import base64
import hashlib

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
    if key == "v1,whsec":
        return rng.choice(("v1,whsec_", "")) + rng.choice((text, text.rstrip("=")))
    if key == "whsec-or-text":
        return rng.choice(("whsec_" + text, text))
    if key == "basic":
        return f"user:{text}"
    if key == "html":
        return text[:8] + rng.choice(("&amp;", "&lt;b&gt;", "'", "&quot;", "&#039;", "é")) + text[8:]
    if key == "ascii":
        return rng.choice((text, raw.hex(), "pa$$ word " + raw.hex()[:8]))
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
    if key == "v1,whsec":
        return based(secret.removeprefix("v1,whsec_"))
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
        elif key == "public-base64":
            self.secret = base64.b64encode(raw()).decode()
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
