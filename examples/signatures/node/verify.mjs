// Verifies the signatures of STACK Notifications. Node.js 18 or newer, without dependencies.
// Run it to check it against the test vectors: `node verify.mjs [vectors.json]`.

// region: shared
import { createHmac, timingSafeEqual } from 'node:crypto';

const TOLERANCE_SECONDS = 5 * 60;

// Compares in constant time.
function contains(signatures, expected) {
  const wanted = Buffer.from(expected);
  return signatures.some((signature) => {
    const given = Buffer.from(signature.trim());
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  });
}

// Whether a signed time is close enough to now: an older request may be a replay.
function isFresh(timestamp, now) {
  return /^[0-9]{1,12}$/.test(timestamp) && Math.abs(now - Number(timestamp)) <= TOLERANCE_SECONDS;
}
// endregion: shared

// region: standard
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}={0,2}|[A-Za-z0-9+/]{3}=?)?$/;

// Reads the key as base64, with or without prefix and padding. Another text is the key itself.
function keyBytes(secret) {
  const text = secret.replace(/^whsec_/, '');
  return text !== '' && BASE64.test(text) ? Buffer.from(text, 'base64') : Buffer.from(secret);
}

// Verifies webhook-signature. `headers` has lowercase names, as in Node.js and Express.
export function verifyStandardWebhooks(body, headers, secret, now = Date.now() / 1000, prefix = 'webhook') {
  const id = headers[`${prefix}-id`] ?? '';
  const timestamp = headers[`${prefix}-timestamp`] ?? '';
  if (!isFresh(timestamp, now)) return false;
  const hmac = createHmac('sha256', keyBytes(secret)).update(`${id}.${timestamp}.`).update(body);
  // After a rotation there is one signature for each secret.
  const signatures = (headers[`${prefix}-signature`] ?? '').split(' ');
  return contains(signatures, `v1,${hmac.digest('base64')}`);
}
// endregion: standard

// region: svix
// Verifies svix-signature.
export function verifySvix(body, headers, secret, now = Date.now() / 1000) {
  return verifyStandardWebhooks(body, headers, secret, now, 'svix');
}
// endregion: svix

// region: stack
// Verifies X-STACK-Signature-256. It cannot detect a replay.
export function verifyStack(body, headers, secret) {
  const expected = createHmac('sha256', secret).update(body).digest('hex');
  const current = headers['x-stack-signature-256'] ?? '';
  // After a rotation the earlier secrets sign this header.
  const previous = headers['x-stack-signature-256-previous'] ?? '';
  return contains([current, ...previous.split(',')], expected);
}
// endregion: stack

// region: mail
// Verifies StackShift-Signature.
export function verifyMail(body, headers, secret, now = Date.now() / 1000) {
  const timestamp = headers['stackshift-timestamp'] ?? '';
  if (!isFresh(timestamp, now)) return false;
  const digest = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');
  // After a rotation there is one signature for each secret.
  return contains((headers['stackshift-signature'] ?? '').split(','), `v1=${digest}`);
}
// endregion: mail

// region: sha256
function verifySha256(body, signature, secret) {
  return contains([signature ?? ''], `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
}

// Verifies X-Kaireon-Signature. It cannot detect a replay.
export function verifyProvider(body, headers, secret) {
  return verifySha256(body, headers['x-kaireon-signature'], secret);
}

// Verifies X-SigSentry-Signature. It cannot detect a replay.
export function verifyProjectChannel(body, headers, secret) {
  return verifySha256(body, headers['x-sigsentry-signature'], secret);
}
// endregion: sha256

async function check(path) {
  const { readFile } = await import('node:fs/promises');
  const { now, vectors } = JSON.parse(await readFile(path, 'utf8'));
  const schemes = {
    standard: (...request) => verifyStandardWebhooks(...request, now),
    svix: (...request) => verifySvix(...request, now),
    stack: verifyStack,
    mail: (...request) => verifyMail(...request, now),
    providers: verifyProvider,
    config: verifyProjectChannel,
  };
  let wrong = 0;
  for (const { scheme, name, valid, secret, headers, body } of vectors) {
    const verified = schemes[scheme](Buffer.from(body), headers, secret);
    if (verified !== valid) {
      wrong += 1;
      console.log(`${scheme}, ${name}: got ${verified}, expected ${valid}`);
    }
  }
  console.log(`${vectors.length} vectors, ${wrong} wrong`);
  return wrong === 0 && vectors.length > 0 ? 0 : 1;
}

// Only when this file is the program, not when a receiver imports it.
const { realpathSync } = await import('node:fs');
const { fileURLToPath } = await import('node:url');
if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await check(process.argv[2] ?? fileURLToPath(new URL('../vectors.json', import.meta.url)));
}
