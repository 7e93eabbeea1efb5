// A receiver on Node.js with Express: checks X-STACK-Signature-256 over the raw body before it parses it.
import { createHmac, timingSafeEqual } from 'node:crypto';
import express from 'express';

const secret = process.env.STACK_WEBHOOK_SECRET;

function isSigned(rawBody, signature = '') {
  const expected = Buffer.from(createHmac('sha256', secret).update(rawBody).digest('hex'));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

const app = express();

// Raw, because the signature is over the bytes that came, not over JSON written anew.
app.post('/webhooks/stack', express.raw({ type: 'application/json' }), (request, response) => {
  if (!isSigned(request.body, request.get('X-STACK-Signature-256'))) {
    return response.status(401).send('invalid signature');
  }
  const notification = JSON.parse(request.body);
  console.log(request.get('webhook-id'), notification.event_type, notification.data);
  response.sendStatus(204);
});

app.listen(process.env.PORT, '127.0.0.1');
