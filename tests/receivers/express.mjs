// A receiver on Node.js with Express. It checks the Standard Webhooks signature of the raw body before parsing it.
import { createHmac, timingSafeEqual } from 'node:crypto';
import express from 'express';

const secret = process.env.STACK_WEBHOOK_SECRET;
const TOLERANCE_SECONDS = 5 * 60;

function isFromStack(body, headers) {
  const id = headers['webhook-id'] ?? '';
  const timestamp = headers['webhook-timestamp'] ?? '';
  // An old request may be a replay.
  if (!/^[0-9]{1,12}$/.test(timestamp)) return false;
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const digest = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  const expected = Buffer.from(`v1,${digest}`);
  // After a rotation, there is one signature for each secret, the old and the new one.
  return (headers['webhook-signature'] ?? '').split(' ').some((signature) => {
    const given = Buffer.from(signature);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

const app = express();

// Raw, because the signature covers the received bytes, not JSON that was parsed and serialized again.
app.post('/webhooks/stack', express.raw({ type: 'application/json' }), (request, response) => {
  if (!isFromStack(request.body, request.headers)) {
    return response.status(401).send('invalid signature');
  }
  const notification = JSON.parse(request.body);
  console.log(request.get('webhook-id'), notification.event_type, notification.data);
  response.sendStatus(204);
});

app.listen(process.env.PORT, '127.0.0.1');
