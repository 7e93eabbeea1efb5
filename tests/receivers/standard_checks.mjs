// Checks signatures by the library of Standard Webhooks: reads {"secret", "headers", "body"}, one a line, and answers each
// with null, or with why it is refused.
import { createInterface } from 'node:readline';
import { Webhook } from 'standardwebhooks';

for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body } = JSON.parse(line);
  let refused = null;
  try {
    new Webhook(secret).verify(body, headers);
  } catch (error) {
    refused = error.message;
  }
  console.log(JSON.stringify(refused));
}
