// A receiver of webhooks with nothing but Node.
//
//     node receiver.js STYLE [TRAIT ...]
//
// STYLE is github, stripe, slack, standard or twilio. Each TRAIT changes one thing: most are flaws. It
// prints its port, and `/effects` shows how many deliveries were handled.

const crypto = require('node:crypto');
const http = require('node:http');

const [style, ...traits] = process.argv.slice(2);
const has = (trait) => traits.includes(trait);
const SECRET = process.env.TEST_SECRET;
const LIMIT = has('small') ? 64 * 1024 : 1024 * 1024;
const TOLERANCE = 300;

let effects = 0;
const known = new Set();

class Refused extends Error {
  constructor(status, why) {
    super(why);
    this.status = status;
  }
}

const hmac = (key, text, algorithm = 'sha256') => crypto.createHmac(algorithm, key).update(text);

function same(sent, expected) {
  if (has('loose')) return sent.startsWith(expected.slice(0, sent.length));
  const [a, b] = [Buffer.from(sent), Buffer.from(expected)];
  return a.length === b.length && crypto.timingSafeEqual(a, b);
}

function timely(text) {
  if (!has('lenient') && !/^\d{1,11}$/.test(text)) return false;
  // NaN is never too old.
  return !(Math.abs(Date.now() / 1000 - Number(text)) > TOLERANCE);
}

function verify(request, body) {
  // Node joins headers that are given twice with a comma.
  const header = (name) => {
    const value = request.headers[name];
    if (!value && !(has('lenient') && value === '')) throw new Refused(has('chatty') ? 400 : 401, `no ${name}`);
    return value;
  };
  let text = body;
  if (has('reserialize')) {
    try {
      text = JSON.stringify(JSON.parse(body));
    } catch {
      text = body;
    }
  }
  if (style === 'github') {
    if (!same(header('x-hub-signature-256'), 'sha256=' + hmac(SECRET, text).digest('hex'))) {
      throw new Refused(401, 'wrong');
    }
  } else if (style === 'slack') {
    const time = header('x-slack-request-timestamp');
    if (!timely(time)) throw new Refused(401, 'old');
    const signed = Buffer.concat([Buffer.from(`v0:${time}:`, 'latin1'), Buffer.from(text)]);
    if (!same(header('x-slack-signature'), 'v0=' + hmac(SECRET, signed).digest('hex'))) {
      throw new Refused(401, 'wrong');
    }
  } else if (style === 'standard') {
    const [id, time] = [header('webhook-id'), header('webhook-timestamp')];
    if (!timely(time)) throw new Refused(400, 'old');
    const key = Buffer.from(SECRET.slice(6), 'base64');
    const signed = Buffer.concat([Buffer.from(`${id}.${time}.`, 'latin1'), Buffer.from(text)]);
    const expected = hmac(key, signed).digest('base64');
    const good = header('webhook-signature').split(' ').some((entry) => {
      const [version, signature] = entry.split(',');
      return version === 'v1' && same(signature, expected);
    });
    if (!good) throw new Refused(400, 'wrong');
  } else if (style === 'twilio') {
    const fields = [...new URLSearchParams(String(text))].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    const query = request.url.includes('?') ? request.url.slice(request.url.indexOf('?')) : '';
    const signed = process.env.TEST_URL + query + fields.map(([name, value]) => name + value).join('');
    if (!same(header('x-twilio-signature'), hmac(SECRET, signed, 'sha1').digest('base64'))) {
      throw new Refused(403, 'wrong');
    }
  } else {
    const fields = header('stripe-signature').split(',').map((field) => field.split('='));
    const values = (name) => fields.filter(([own]) => own.trim() === name).map(([, value]) => value ?? '');
    const times = new Set(values('t'));
    const [time] = times;
    if (times.size !== 1) throw new Refused(400, 'no time');
    if (!timely(time)) throw new Refused(400, 'old');
    const signed = Buffer.concat([Buffer.from(`${time}.`, 'latin1'), Buffer.from(text)]);
    const expected = hmac(SECRET, signed).digest('hex');
    if (!values('v1').some((value) => same(value, expected))) throw new Refused(400, 'wrong');
  }
}

function levels(value) {
  return value && typeof value === 'object' ? 1 + Math.max(0, ...Object.values(value).map(levels)) : 0;
}

function read(request) {
  return new Promise((resolve, reject) => {
    const pieces = [];
    let size = 0;
    request.on('data', (piece) => {
      size += piece.length;
      if (size > LIMIT && !has('endless')) {
        reject(new Refused(413, 'too large'));
        request.pause();
      } else {
        pieces.push(piece);
      }
    });
    request.on('end', () => {
      const body = Buffer.concat(pieces);
      if (body.length > LIMIT && !has('endless')) reject(new Refused(413, 'too large'));
      resolve(has('text') ? Buffer.from(body.toString()) : body);
    });
    request.on('error', reject);
  });
}

async function receive(request, response) {
  const answer = (status, text = '', headers = {}) => {
    response.writeHead(status, { 'content-type': 'text/plain', ...headers });
    response.end(request.method === 'HEAD' ? undefined : text);
  };
  try {
    const path = request.url.split('?')[0];
    if (path === '/effects') return answer(200, String(effects));
    if (path !== '/hooks') return answer(404, 'no such page');
    if (request.method === 'GET') return answer(200, 'this is a webhook');
    if (request.method !== 'POST') return answer(405, '', { allow: 'POST' });
    const body = await read(request);
    verify(request, body);
    if (style === 'twilio') {
      effects += 1;
      return answer(200, '<Response/>', { 'content-type': 'text/xml' });
    }
    let event;
    try {
      event = JSON.parse(body);
    } catch {
      return answer(400, 'no JSON');
    }
    if (event === null || typeof event !== 'object') return answer(422, 'no object');
    if (has('levels')) levels(event);
    if (event.type === 'url_verification') return answer(200, String(event.challenge));
    const key = { standard: request.headers['webhook-id'], stripe: event.id, slack: event.event_id }[style];
    if (has('dedupe') && key && known.has(key)) return answer(200, 'known');
    known.add(key);
    if (has('late')) setTimeout(() => (effects += 1), 150 + Math.random() * 600);
    else effects += 1;
    answer(has('late') ? 202 : 200, 'taken');
  } catch (error) {
    if (!(error instanceof Refused)) {
      // An error that nobody expects ends the process, as one in a promise does.
      if (has('fatal')) process.exit(1);
      return answer(500, 'oops');
    }
    answer(error.status, error.message, error.status === 413 ? { connection: 'close' } : {});
  }
}

const server = http.createServer(receive);
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
