// A page of another origin calls the API from a browser, as callers of the Providers API do: with a key, a preflight and
// `X-Requested-With`.
//
//     node origins.mjs API_URL API_KEY ALLOWED_ORIGIN
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { start } from "./browser.mjs";

const [apiUrl, key, allowed] = process.argv.slice(2);
const pages = createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<title>A page</title>"));
await new Promise((listening) => pages.listen(0, "127.0.0.1", listening));
// As if each name were this server's.
const browser = await start([`--host-resolver-rules=MAP *.example.com 127.0.0.1:${pages.address().port}`]);

/** What a page of this origin gets of the API: a status and a body for each request, or why it gets nothing. */
async function asked(origin) {
  const page = await browser.newPage();
  await page.goto(`${origin}/`);
  const answers = await page.evaluate(
    async ({ apiUrl, key }) => {
      const ask = async (method, path, body) => {
        const headers = {
          authorization: `Bearer ${key}`,
          "content-type": "application/json",
          "x-requested-with": "XMLHttpRequest",
        };
        try {
          const answer = await fetch(apiUrl + path, { method, headers, body: body && JSON.stringify(body) });
          return { status: answer.status, body: answer.status === 204 ? null : await answer.json() };
        } catch (error) {
          return { refused: String(error) };
        }
      };
      const config = { url: "http://127.0.0.1:9/hook" };
      const made = await ask("POST", "/api/v1/notifications/providers", { kind: "webhook", name: "x", config });
      const path = `/api/v1/notifications/providers/${made.body?.id}`;
      return {
        made,
        changed: await ask("PATCH", path, { name: "y" }),
        listed: await ask("GET", "/api/v1/notifications/providers"),
        deleted: await ask("DELETE", path),
        wrong: await ask("GET", "/v1/nothing"),
      };
    },
    { apiUrl, key },
  );
  await page.close();
  return answers;
}

try {
  const answers = await asked(allowed);
  const statuses = Object.fromEntries(Object.entries(answers).map(([name, { status }]) => [name, status]));
  const expected = { made: 201, changed: 200, listed: 200, deleted: 204, wrong: 404 };
  assert.deepEqual(statuses, expected, JSON.stringify(answers));
  assert.equal(answers.changed.body.name, "y");
  for (const answer of Object.values(await asked("http://evil.example.com"))) {
    assert.ok(answer.refused?.includes("Failed to fetch"), JSON.stringify(answer));
  }
} finally {
  await browser.close();
  pages.close();
}
