// Checks messages to chat platforms with the platforms' own code. Reads one JSON object {"kind", "body"} per line and
// answers each with {"ok", "errors"}. The check of a kind is the function `check` of checks/<kind>.mjs, which returns
// the reasons why the platform would refuse a message.
import { createInterface } from 'node:readline';

for await (const line of createInterface({ input: process.stdin })) {
  const { kind, body } = JSON.parse(line);
  let errors;
  try {
    const { check } = await import(`./checks/${kind}.mjs`);
    errors = check(body);
  } catch (error) {
    errors = [`${error.message}${error.errors ? `: ${JSON.stringify(error.errors)}` : ''}`];
  }
  console.log(JSON.stringify({ ok: errors.length === 0, errors }));
}
