// Shows the document at /openapi.json. Text of the document gets into the page as text nodes only.

const METHODS = ['post', 'put', 'get', 'delete', 'options', 'head', 'patch', 'trace'];

/** The deepest level of a schema that is shown: types can contain themselves. */
const MAX_DEPTH = 5;

/** Makes an element. Children are elements, or text. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null));
  return made;
}

const code = (text) => element('code', {}, String(text));

/** The part of the document that a reference leads to. */
function resolve(api, value) {
  let found = value;
  for (let hops = 0; found && typeof found.$ref === 'string' && hops < 10; hops += 1) {
    const tokens = found.$ref.replace(/^#\//, '').split('/');
    const names = tokens.map((token) => decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~'));
    found = names.reduce((part, token) => part?.[token], api);
  }
  return found ?? {};
}

const nameOf = (schema) => (typeof schema?.$ref === 'string' ? schema.$ref.split('/').pop() : undefined);

/** Text with `code` and links, as far as the descriptions use Markdown. */
function inline(text) {
  const parts = [];
  const pattern = /`([^`]+)`|\[([^\]]+)\]\((https?:\/\/[^)\s]+)\)/g;
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    parts.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    const [, quoted, label, url] = match;
    parts.push(quoted === undefined ? element('a', { href: url, rel: 'noreferrer' }, label) : code(quoted));
  }
  parts.push(text.slice(end));
  return parts;
}

/** Paragraphs and lists. */
function prose(text = '') {
  const paragraphs = text.split('\n\n').filter((paragraph) => paragraph.trim() !== '');
  return paragraphs.map((paragraph) => {
    const lines = paragraph.split('\n');
    if (lines.every((line) => line.startsWith('- '))) {
      return element('ul', {}, lines.map((line) => element('li', {}, inline(line.slice(2)))));
    }
    return element('p', {}, inline(lines.join(' ')));
  });
}

/** A table that can be scrolled sideways on small screens. */
function table(caption, heads, rows) {
  const head = element('tr', {}, heads.map((name) => element('th', { scope: 'col' }, name)));
  const body = rows.map(([first, ...cells]) => element('tr', {},
    element('th', { scope: 'row' }, first),
    cells.map((cell, at) => element('td', { 'data-label': heads[at + 1] }, cell))));
  return element('table', {},
    element('caption', { class: 'hidden' }, caption), element('thead', {}, head), element('tbody', {}, body));
}

/** Code that can be copied. */
function sample(text, label) {
  const pre = element('pre', { tabindex: '0', 'aria-label': label }, code(text));
  const button = element('button', { type: 'button' }, 'Copy');
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
    } catch {
      // Without the permission to copy, the text can still be selected.
      getSelection().selectAllChildren(pre);
      button.textContent = 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  });
  return element('div', { class: 'sample' }, pre, button);
}

/** The type of a schema in a few words. */
function typeOf(api, schema) {
  if (schema === true || schema === undefined) return 'anything';
  const named = nameOf(schema);
  const found = resolve(api, schema);
  if (found.const !== undefined) return JSON.stringify(found.const);
  if (found.enum) return found.enum.map((value) => JSON.stringify(value)).join(' or ');
  if (named) return named;
  const choices = found.anyOf ?? found.oneOf;
  if (choices) return [...new Set(choices.map((choice) => choice.title ?? typeOf(api, choice)))].join(' or ');
  if (found.type === 'array') return `list of ${typeOf(api, found.items)}`;
  const types = [found.type ?? 'anything'].flat().join(' or ');
  return found.format ? `${types} (${found.format})` : types;
}

/** The limits of a value. */
function limitsOf(found) {
  const words = [
    ['pattern', 'matches'], ['minimum', 'at least'], ['maximum', 'at most'],
    ['minLength', 'characters, at least'], ['maxLength', 'characters, at most'],
  ];
  return words.filter(([key]) => found[key] !== undefined)
    .flatMap(([key, word]) => [element('span', { class: 'limit' }, `${word} `, code(found[key])), ' ']);
}

/** The fields of an object, one under another. */
function fields(api, schema, depth = 0) {
  const found = resolve(api, schema);
  if (depth > MAX_DEPTH) return [];
  if (found.type === 'array') return fields(api, found.items, depth + 1);
  const parts = [...(found.allOf ?? []), ...(found.oneOf ?? found.anyOf ?? [])];
  const rows = Object.entries(found.properties ?? {}).map(([name, property]) => {
    const inner = fields(api, property, depth + 1);
    const field = resolve(api, property);
    const isRequired = (found.required ?? []).includes(name);
    return element('li', {},
      element('p', { class: 'field' }, code(name), ' ', element('span', { class: 'type' }, typeOf(api, property)),
        isRequired ? [' ', element('span', { class: 'required' }, 'required')] : undefined, ' ', limitsOf(field)),
      prose(property.description ?? field.description),
      inner.length > 0 ? element('ul', { class: 'fields' }, inner) : undefined);
  });
  return [...rows, ...parts.flatMap((part) => fields(api, part, depth + 1))];
}

/** The schema of a body. Of an enum of events, each event can be opened. */
function shape(api, schema) {
  const found = resolve(api, schema);
  const choices = (found.anyOf ?? []).filter((choice) => choice.title);
  if (choices.length > 0) {
    return choices.map((choice) => {
      const rows = fields(api, choice);
      const empty = element('p', { class: 'quiet' }, 'No schema.');
      return element('details', { class: 'event' }, element('summary', {}, code(choice.title)),
        prose(choice.description), rows.length > 0 ? element('ul', { class: 'fields' }, rows) : empty);
    });
  }
  const rows = fields(api, schema);
  return rows.length > 0
    ? [element('ul', { class: 'fields' }, rows)]
    : [element('p', { class: 'quiet' }, 'This payload has no schema.')];
}

function parameters(api, all) {
  const rows = all.map((each) => {
    const parameter = resolve(api, each);
    return [
      code(parameter.name), parameter.in, parameter.required ? 'required' : 'optional',
      [...inline(parameter.description ?? ''), ' ',
        parameter.schema?.const === undefined ? limitsOf(resolve(api, parameter.schema)) : code(parameter.schema.const)],
    ];
  });
  return table('Parameters', ['name', 'in', 'sent', 'meaning'], rows);
}

/** The facts of the extension, in the order in which a sender needs them. */
function facts(extension) {
  const signature = extension.signature ?? {};
  const covers = Object.entries(extension.covers ?? {}).filter(([, value]) => value === true).map(([name]) => name);
  const headers = extension.covers?.headers ?? [];
  const maxBody = extension.limits?.maxBody;
  const rows = [
    ['provider', extension.provider], ['algorithm', signature.algorithm], ['sent as', signature.pattern],
    ['signed text', signature.signed], ['encoding', signature.encoding], ['key', signature.key],
    ['covers', [...covers, ...headers].join(', ') || 'nothing'], ['stays genuine', extension.replayWindow],
    ['answer expected within', extension.responseTimeout], ['largest body', maxBody === undefined ? undefined : `${maxBody.toLocaleString('en')} bytes`],
    ['time for the body', extension.limits?.bodyTimeout], ['duplicates', extension.duplicates],
    ['retries', extension.retries],
  ];
  const literal = new Set(['provider', 'sent as', 'signed text']);
  const shown = rows.filter(([, value]) => value !== undefined);
  const handshakes = (extension.handshakes ?? []).map((handshake) => [
    `handshake, ${handshake.method}`,
    `If ${handshake.when.join(' and ') || 'it comes'} (proof: ${handshake.proof}): ${handshake.answer}.`,
  ]);
  return element('dl', {}, [...shown, ...handshakes].flatMap(([name, value]) => [
    element('dt', {}, name), element('dd', {}, literal.has(name) ? code(value) : inline(String(value))),
  ]));
}

function answers(api, responses) {
  const rows = Object.entries(responses).map(([status, each]) => {
    const response = resolve(api, each);
    const examples = Object.values(response.content ?? {}).flatMap((media) => Object.entries(media.examples ?? {}));
    const bodies = examples.map(([name, example]) => element('details', {},
      element('summary', {}, code(name)), sample(JSON.stringify(example.value, null, 2), `The body of ${name}`)));
    return [element('span', { class: `status s${status[0]}` }, status), [...prose(response.description), ...bodies]];
  });
  return table('Answers', ['status', 'when'], rows);
}

function body(api, requestBody) {
  const parts = Object.entries(requestBody.content ?? {}).map(([type, media]) => {
    const examples = Object.entries(media.examples ?? {}).map(([name, example]) => element('details', {},
      element('summary', {}, 'Example ', code(name)),
      sample(JSON.stringify(example.value, null, 2), `Example ${name}`)));
    return element('section', { class: 'media' }, element('h4', {}, code(type)), shape(api, media.schema), examples);
  });
  return [...prose(requestBody.description), ...parts];
}

function part(title, ...content) {
  return element('section', { class: 'part' }, element('h3', {}, title), content);
}

/** The id of an operation on the page. The page has ids of its own, such as `content`. */
const anchor = (operationId) => `operation-${operationId}`;

function operation(api, path, method, shared, each) {
  const all = [...shared, ...(each.parameters ?? [])];
  return element('article', { id: anchor(each.operationId) },
    element('h2', {}, element('span', { class: `method ${method}` }, method.toUpperCase()), ' ', code(path)),
    element('p', { class: 'summary' }, each.summary ?? ''),
    prose(each.description),
    (each['x-codeSamples'] ?? []).map((one) => part(`Send one (${one.label ?? one.lang})`, sample(one.source, one.label ?? one.lang))),
    all.length > 0 ? part('Parameters', parameters(api, all)) : undefined,
    each.requestBody ? part('Body', body(api, resolve(api, each.requestBody))) : undefined,
    each['x-webhook'] ? part('Signature and limits', facts(each['x-webhook'])) : undefined,
    part('Answers', answers(api, each.responses ?? {})));
}

function show(api) {
  document.title = api.info.title;
  document.getElementById('title').textContent = api.info.title;
  document.getElementById('version').textContent = api.info.version;
  document.getElementById('about').append(...prose(api.info.description));
  const links = element('ul');
  const content = document.getElementById('content');
  for (const [path, item] of Object.entries(api.paths ?? {})) {
    for (const method of METHODS.filter((name) => item[name])) {
      const each = item[method];
      links.append(element('li', {}, element('a', { href: `#${encodeURIComponent(anchor(each.operationId))}` },
        element('span', { class: `method ${method}` }, method.toUpperCase()), ' ', element('span', {}, path))));
      content.append(operation(api, path, method, item.parameters ?? [], each));
    }
  }
  document.getElementById('links').append(links);
  document.getElementById('state').remove();
  // The part that the address names is there only now.
  const articles = [...content.querySelectorAll('article')];
  articles.find((article) => `#${encodeURIComponent(article.id)}` === location.hash)?.scrollIntoView();
}

const narrow = matchMedia('(max-width: 860px)');
const menu = document.getElementById('menu');
const fold = () => { menu.open = !narrow.matches; };
narrow.addEventListener('change', fold);
fold();

try {
  const response = await fetch('/openapi.json');
  if (!response.ok) throw new Error(`the answer is ${response.status}`);
  show(await response.json());
} catch (error) {
  document.getElementById('state').textContent = `The document cannot be shown: ${error.message}`;
}
