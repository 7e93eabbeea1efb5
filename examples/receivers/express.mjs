// Receives webhooks with Express and verifies `webhook-signature` with the raw body before parsing it. Start it with
// `STACK_WEBHOOK_SECRET='whsec_…' node express.mjs` after `npm install express`. PORT is 8099 by default.
import express from 'express';
import { verifyStandardWebhooks } from '../signatures/node/verify.mjs';

const secret = process.env.STACK_WEBHOOK_SECRET;
// With an empty secret, anyone could sign.
if (!secret) throw new Error("Set STACK_WEBHOOK_SECRET to the webhook's secret.");

const app = express();

// The signature covers the raw bytes. JSON that was parsed and serialized again may differ.
app.post('/webhooks/stack', express.raw({ type: 'application/json' }), (request, response) => {
  if (!verifyStandardWebhooks(request.body, request.headers, secret)) {
    return response.status(401).send('invalid signature');
  }
  console.log(request.get('webhook-id'), JSON.parse(request.body));
  response.sendStatus(204);
});

app.listen(process.env.PORT ?? 8099, '127.0.0.1');
