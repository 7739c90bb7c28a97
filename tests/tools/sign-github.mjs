// Writes GitHub webhook example payloads, signed with @octokit/webhooks-methods,
// and a manifest.json into the directory given as the only argument.
//
// How to run (Node 20 or newer), in the directory of this script:
//   npm install --no-package-lock
//   node sign-github.mjs ../fixtures/github      (or: npm run generate)
//
// Payloads are taken unmodified from @octokit/webhooks-examples (its
// api.github.com set). The body is JSON.stringify of the example, without a
// trailing newline; it is not a recording of the bytes GitHub sent.

import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { sign, verify } from "@octokit/webhooks-methods";

const require = createRequire(import.meta.url);
const EXAMPLES = "@octokit/webhooks-examples";
const METHODS = "@octokit/webhooks-methods";
// A made-up secret, used for nothing but these fixtures.
const SECRET = "it's-a-fixture-secret";

// index: position among the event's examples. bytes: expected body size, which
// catches a package version where the examples have moved.
const CHOSEN = [
  { event: "security_advisory", action: "published", index: 0, bytes: 1098 },
  { event: "ping", index: 3, bytes: 2351 },
  { event: "star", action: "created", index: 1, bytes: 6068 },
  { event: "push", index: 2, bytes: 6496, suffix: "small" },
  { event: "push", index: 6, bytes: 7124, suffix: "medium" },
  { event: "push", index: 4, bytes: 7678, form: true },
  { event: "release", action: "published", index: 10, bytes: 7742 },
  { event: "commit_comment", action: "created", index: 3, bytes: 8196 },
  { event: "dependabot_alert", action: "created", index: 1, bytes: 8335, form: true },
  { event: "issues", action: "opened", index: 15, bytes: 11622 },
  { event: "issue_comment", action: "created", index: 3, bytes: 13993 },
  { event: "workflow_run", action: "completed", index: 1, bytes: 19258 },
  { event: "pull_request", action: "opened", index: 14, bytes: 24261 },
  { event: "pull_request_review", action: "submitted", index: 3, bytes: 25617 },
];

const out = process.argv[2];
if (!out) {
  console.error("usage: node sign-github.mjs OUTPUT_DIRECTORY");
  process.exit(2);
}

const definitions = require(`${EXAMPLES}/api.github.com/index.json`);
const manifest = [];

async function add(file, contentType, body, { event, action, index }) {
  const signature = await sign(SECRET, body);
  if (!(await verify(SECRET, body, signature))) {
    throw new Error(`${file}: signature does not verify`);
  }
  const number = String(manifest.length + 1).padStart(12, "0");
  await writeFile(join(out, file), body, "utf8");
  manifest.push({
    file,
    event,
    action: action ?? null,
    example_index: index,
    delivery: `00000000-0000-4000-8000-${number}`,
    content_type: contentType,
    bytes: Buffer.byteLength(body, "utf8"),
    secret: SECRET,
    signature,
  });
}

await mkdir(out, { recursive: true });
const forms = [];
for (const chosen of CHOSEN) {
  const { event, action, index, bytes, suffix, form } = chosen;
  const payload = definitions.find((d) => d.name === event)?.examples[index];
  const body = JSON.stringify(payload) ?? "";
  const size = Buffer.byteLength(body, "utf8");
  if (size !== bytes || payload.action !== action) {
    throw new Error(`${event}[${index}]: not the expected example (${size} bytes)`);
  }
  const name = [event, action, suffix].filter(Boolean).join(".");
  await add(`${name}.json`, "application/json", body, chosen);
  if (form) forms.push([chosen, body]);
}
for (const [chosen, body] of forms) {
  // URLSearchParams: the form encoding of the WHATWG URL standard (space is "+").
  const encoded = new URLSearchParams({ payload: body }).toString();
  await add(`${chosen.event}.form`, "application/x-www-form-urlencoded", encoded, chosen);
}

const packages = {};
for (const name of [EXAMPLES, METHODS]) {
  packages[name] = require("./package.json").dependencies[name];
}
const text = JSON.stringify({ packages, deliveries: manifest }, null, 2);
await writeFile(join(out, "manifest.json"), `${text}\n`, "utf8");
for (const { file, bytes } of manifest) console.log(`${bytes}\t${file}`);
