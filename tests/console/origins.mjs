// Calls the API from pages of other origins in a browser: with a key, a preflight and `X-Requested-With`, as the
// Providers API requires.
//
//     node origins.mjs API_URL API_KEY ALLOWED_ORIGIN
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { start } from "./browser.mjs";

const [apiUrl, key, allowed] = process.argv.slice(2);
const pages = createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<title>A page</title>"));
await new Promise((resolve) => pages.listen(0, "127.0.0.1", resolve));
// Resolve all names of example.com to this server.
const browser = await start([`--host-resolver-rules=MAP *.example.com 127.0.0.1:${pages.address().port}`]);

/** Calls the API from a page of this origin. Returns a status and a body, or an error, for each request. */
async function callFrom(origin) {
  const page = await browser.newPage();
  await page.goto(`${origin}/`);
  const answers = await page.evaluate(
    async ({ apiUrl, key }) => {
      const send = async (method, path, body) => {
        const headers = {
          authorization: `Bearer ${key}`,
          "content-type": "application/json",
          "x-requested-with": "XMLHttpRequest",
        };
        try {
          const answer = await fetch(apiUrl + path, { method, headers, body: body && JSON.stringify(body) });
          return { status: answer.status, body: answer.status === 204 ? null : await answer.json() };
        } catch (error) {
          return { error: String(error) };
        }
      };
      const config = { url: "http://127.0.0.1:9/hook" };
      const created = await send("POST", "/api/v1/notifications/providers", { kind: "webhook", name: "x", config });
      const path = `/api/v1/notifications/providers/${created.body?.id}`;
      return {
        created,
        updated: await send("PATCH", path, { name: "y" }),
        listed: await send("GET", "/api/v1/notifications/providers"),
        deleted: await send("DELETE", path),
        unknown: await send("GET", "/v1/nothing"),
      };
    },
    { apiUrl, key },
  );
  await page.close();
  return answers;
}

try {
  const answers = await callFrom(allowed);
  const statuses = Object.fromEntries(Object.entries(answers).map(([name, { status }]) => [name, status]));
  const expected = { created: 201, updated: 200, listed: 200, deleted: 204, unknown: 404 };
  assert.deepEqual(statuses, expected, JSON.stringify(answers));
  assert.equal(answers.updated.body.name, "y");
  for (const answer of Object.values(await callFrom("http://evil.example.com"))) {
    assert.ok(answer.error?.includes("Failed to fetch"), JSON.stringify(answer));
  }
} finally {
  await browser.close();
  pages.close();
}
