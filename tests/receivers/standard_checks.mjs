// Checks signatures with the Standard Webhooks library: reads one {"secret", "headers", "body"} per line, and answers
// each with null, or with the reason why it is rejected.
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
