// Writes which fields GitHub's schema of its events has, and what they may be, into the file given as
// the only argument: fixtures/payloads/README.md describes it.
//
// How to run (Node 20 or newer), in the directory of this script:
//   npm install --no-package-lock
//   node github-schema.mjs ../fixtures/payloads/github/schema.json
//
// The facts are those of @octokit/openapi-webhooks, of all editions in it: github.com, Enterprise Cloud
// and each Enterprise Server. A field that one edition or action does not have may be missing.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const EDITIONS = "node_modules/@octokit/openapi-webhooks/generated";
const EVENTS = ["issues", "ping", "pull_request", "push", "release", "workflow_run"];
const LETTERS = {
  null: "n", string: "s", integer: "i", number: "f", boolean: "b", array: "a", object: "o",
};

/** A field: the letters of what it may be, the words of an enumeration, and what is inside. */
class Field {
  letters = new Set();
  words = new Set();
  inner = new Map();

  /** Adds what this schema allows. */
  static read(schema, document) {
    while (schema.$ref) {
      schema = schema.$ref.slice(2).split("/").reduce((at, key) => at[key], document);
    }
    const field = new Field();
    for (const type of [schema.type ?? []].flat()) field.letters.add(LETTERS[type]);
    if (schema.nullable || schema.enum?.includes(null)) field.letters.add("n");
    for (const word of schema.enum ?? []) if (typeof word === "string") field.words.add(word);
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      const inner = Field.read(property, document);
      if (!schema.required?.includes(name)) inner.letters.add("?");
      field.inner.set(name, inner);
    }
    if (schema.items) field.inner.set("*", Field.read(schema.items, document));
    const read = (part) => Field.read(part, document);
    const choices = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].map(read);
    const parts = (schema.allOf ?? []).map(read);
    if (choices.length > 0) parts.push(choices.reduce((a, b) => a.or(b)));
    return parts.reduce((a, b) => a.and(b), field);
  }

  /** What this field or the other one allows. */
  or(other) {
    const both = this.letters.has("o") && other.letters.has("o");
    return this.join(other, (a, b, name) => {
      if (a && b) return a.or(b);
      if (both && name !== "*") (a ?? b).letters.add("?");
      return a ?? b;
    });
  }

  /** What two schemas of one field allow together: what either of them demands is there. */
  and(other) {
    return this.join(other, (a, b) => {
      if (!a || !b) return a ?? b;
      const optional = a.letters.has("?") && b.letters.has("?");
      const joined = a.and(b);
      if (!optional) joined.letters.delete("?");
      return joined;
    });
  }

  join(other, inner) {
    const joined = new Field();
    joined.letters = new Set([...this.letters, ...other.letters]);
    joined.words = new Set([...this.words, ...other.words]);
    for (const name of new Set([...this.inner.keys(), ...other.inner.keys()])) {
      joined.inner.set(name, inner(this.inner.get(name), other.inner.get(name), name));
    }
    return joined;
  }

  toJSON() {
    const letters = [...this.letters].sort().join("");
    const own = [letters, ...[...this.words].sort()].join(" ");
    if (this.inner.size === 0) return own;
    const inner = [...this.inner].sort(([a], [b]) => (a < b ? -1 : 1));
    return { "": own, ...Object.fromEntries(inner) };
  }
}

const events = {};
for (const edition of readdirSync(EDITIONS).filter((file) => file.endsWith(".json"))) {
  const document = JSON.parse(readFileSync(join(EDITIONS, edition), "utf8"));
  for (const { post } of Object.values(document.webhooks)) {
    const event = post.operationId.split("/")[0].replaceAll("-", "_");
    if (!EVENTS.includes(event)) continue;
    const { schema } = post.requestBody.content["application/json"];
    const field = Field.read(schema, document);
    events[event] = events[event]?.or(field) ?? field;
  }
}
const lines = EVENTS.map((event) => `${JSON.stringify(event)}:${JSON.stringify(events[event])}`);
writeFileSync(process.argv[2], `{\n${lines.join(",\n")}\n}\n`);
