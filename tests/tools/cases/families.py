"""The families of schemes, and how each provider of them signs."""

import re

from times import MINUTE

ANY = None


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
        "hmac-sha256-hex": spec(bare("x-signature")),
        "modern-treasury": spec(bare("x-signature")),
        "onfido": spec(bare("x-sha2-signature")),
        "pusher": spec(bare("x-pusher-signature")),
        "stream-chat": spec(bare("x-signature")),
        "smartcar": spec(bare("sc-signature")),
        "cloudconvert": spec(bare("cloudconvert-signature")),
        "viber": spec(bare("x-viber-content-signature")),
        "nango": spec(bare("x-nango-hmac-sha256")),
        "attio": spec(bare("attio-signature")),
        "planetscale": spec(bare("x-planetscale-signature")),
        "clickup": spec(bare("x-signature")),
        "webex": spec(bare("x-spark-signature"), algorithm="sha1"),
        "mailerlite": spec(bare("signature")),
        "onfleet": spec(bare("x-onfleet-signature"), algorithm="sha512", key="hex"),
        "taiga": spec(bare("x-taiga-webhook-signature"), algorithm="sha1"),
        "paystack": spec(bare("x-paystack-signature"), algorithm="sha512"),
        "terraform-cloud": spec(bare("x-tfe-notification-signature"), algorithm="sha512"),
        "sonarqube": spec(bare("x-sonar-webhook-hmac-sha256")),
        "launchdarkly": spec(bare("x-ld-signature")),
        "segment": spec(bare("x-signature"), algorithm="sha1"),
        "checkout-com": spec(bare("cko-signature")),
        "nylas": spec(bare("x-nylas-signature")),
        "squarespace": spec(bare("squarespace-signature"), key="hex"),
        "dub": spec(bare("dub-signature")),
        "dwolla": spec(bare("x-request-signature-sha-256")),
        "logto": spec(bare("logto-signature-sha-256")),
        "strike": spec(bare("x-webhook-signature")),
        "creem": spec(bare("creem-signature")),
        "grafana": spec(bare("x-grafana-alerting-signature")),
        "easypost": spec(bare("x-hmac-signature", "hmac-sha256-hex="), key="ascii"),
        "firecrawl": spec(bare("x-firecrawl-signature", "sha256=")),
        "formstack": spec(bare("x-fs-signature", "sha256=")),
        "discourse": spec(bare("x-discourse-event-signature", "sha256=")),
        "expo": spec(bare("expo-signature", "sha1="), algorithm="sha1"),
        "autodesk-aps": spec(bare("x-adsk-signature", "sha1hash="), algorithm="sha1"),
        "acuity": spec(bare("x-acuity-signature"), encoding="base64"),
        "helpscout": spec(bare("x-helpscout-signature"), encoding="base64", algorithm="sha1"),
        "surveymonkey": spec(bare("sm-signature"), encoding="base64", algorithm="sha1"),
        "mautic": spec(bare("webhook-signature"), encoding="base64"),
        "unit": spec(bare("x-unit-signature"), encoding="base64", algorithm="sha1"),
        "ms-teams": spec(bare("authorization", "HMAC "), encoding="base64", key="base64"),
        "ably": spec(bare("x-ably-signature"), encoding="base64"),
        "aftership": spec(bare("aftership-hmac-sha256"), encoding="base64"),
        "chargify": spec(bare("x-chargify-webhook-signature-hmac-sha-256")),
        "mongodb-atlas": spec(bare("x-mms-signature"), encoding="base64", algorithm="sha1"),
        "pandadoc": spec(("query", "signature")),
        "linkedin": spec(bare("x-li-signature"), lambda v: b"hmacsha256=" + v["body"]),
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
        "elevenlabs": spec(fields("elevenlabs-signature", "v0"), dotted,
                           time=at("field", "t", "s", 30 * MINUTE)),
        "retell": spec(fields("x-retell-signature", "d"), lambda v: v["body"] + v["time"],
                       time=at("field", "v", "ms", 5 * MINUTE, 5 * MINUTE)),
        "tailscale": spec(fields("tailscale-webhook-signature"), dotted,
                          time=at("field", "t", "s", 5 * MINUTE)),
        "langfuse": spec(fields("x-langfuse-signature"), dotted, time=at("field", "t")),
        "buildkite": spec(fields("x-buildkite-signature", "signature"), dotted,
                          time=at("field", "timestamp")),
        "cloudflare-stream": spec(fields("webhook-signature", "sig1"), dotted,
                                  time=at("field", "time")),
        "roblox": spec(fields("roblox-signature"), dotted, encoding="base64",
                       time=at("field", "t")),
        "tiktok": spec(fields("tiktok-signature", "s"), dotted, time=at("field", "t")),
        "shippo": spec(fields("shippo-auth-signature"), dotted, time=at("field", "t")),
        "zoho-payments": spec(fields("x-zoho-webhook-signature", "v"), dotted,
                              time=at("field", "t", "ms")),
        "surge": spec(fields("surge-signature"), dotted, time=at("field", "t", "s", 5 * MINUTE)),
        "ghost": spec(fields("x-ghost-signature", "sha256", ", "), lambda v: v["body"] + v["time"],
                      time=at("field", "t", "ms")),
        "revolut": spec(fields("revolut-signature"),
                        lambda v: b"v1." + v["time"] + b"." + v["body"],
                        time=at("header", "revolut-request-timestamp", "ms", 5 * MINUTE,
                                5 * MINUTE)),
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
        "plain-com": spec(bare("plain-request-signature"),
                          time=at("json", "webhookMetadata/webhookDeliveryAttemptTimestamp", "date",
                                  5 * MINUTE, 5 * MINUTE)),
        "customer-io": spec(bare("x-cio-signature"), of_slack,
                            time=at("header", "x-cio-timestamp", "s", 5 * MINUTE, 5 * MINUTE)),
        "cashfree": spec(bare("x-webhook-signature"), lambda v: v["time"] + v["body"],
                         encoding="base64", time=at("header", "x-webhook-timestamp", "ms")),
        "airwallex": spec(bare("x-signature"), lambda v: v["time"] + v["body"],
                          time=at("header", "x-timestamp", "ms")),
        "front": spec(bare("x-front-signature"), coloned, encoding="base64",
                      time=at("header", "x-front-request-timestamp", "ms")),
        "klaviyo": spec(bare("klaviyo-signature"), lambda v: v["body"] + v["time"],
                        time=at("header", "klaviyo-timestamp", "http or s")),
        "lob": spec(bare("lob-signature"), dotted,
                    time=at("header", "lob-signature-timestamp", "s or ms", 5 * MINUTE, 5 * MINUTE)),
        "crisp": spec(bare("x-crisp-signature"),
                      lambda v: b"[" + v["time"] + b";" + v["body"] + b"]",
                      time=at("header", "x-crisp-request-timestamp", "ms")),
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
        "lithic": standard(),
        "anthropic": standard(),
        "dodo-payments": standard(),
        "imagekit": standard(key="text"),
        "increase": standard(key="text"),
        "whop": standard(key="text"),
        "liveblocks": standard(),
        "finch": standard("finch", key="base64", id="finch-event-id"),
        "privy": standard("svix"),
        "seam": standard("svix"),
        "loops": standard(),
        "supabase-auth": standard(key="v1,whsec"),
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
        "chargebee": spec(bare("authorization"), algorithm="basic", key="basic"),
        "flutterwave": spec(bare("verif-hash"), algorithm="token"),
        "cloudflare-notifications": spec(bare("cf-webhook-auth"), algorithm="token"),
        "revenuecat": spec(bare("authorization"), algorithm="token"),
        "google-drive": spec(bare("x-goog-channel-token"), algorithm="token"),
        "xendit": spec(bare("x-callback-token"), algorithm="token"),
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
        "telnyx": spec(bare("telnyx-signature-ed25519"), lambda v: v["time"] + b"|" + v["body"],
                       algorithm="ed25519", key="public-base64", encoding="base64",
                       time=at("header", "telnyx-timestamp", "s", 5 * MINUTE, 5 * MINUTE)),
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
        "vonage": dict(header="authorization", prefix="Bearer ", body=("payload_hash", "hex"),
                       issuer="Vonage"),
        "qstash": dict(header="upstash-signature", body=("body", "base64url"), issuer="Upstash",
                       subject=True, expires=True),
        "fusionauth": dict(header="x-fusionauth-signature-jwt",
                           body=("request_body_sha256", "base64"),
                           algorithms=("HS256", "HS384", "HS512")),
        "atlassian-connect": dict(header="authorization", prefix="JWT ", request="qsh",
                                  expires=True),
    },
}
