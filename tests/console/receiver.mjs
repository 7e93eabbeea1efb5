// A receiver of webhooks on a free port. Tests set the status that it answers with.
import { createServer } from "node:http";

/** Slack answers `ok`. A 204 has no body. */
const ANSWERS = { 200: "ok", 204: "" };

export async function receiver() {
  const received = [];
  let status = 204;
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      received.push({ headers: request.headers, body });
      response.writeHead(status, { "content-type": "text/plain" });
      response.end(ANSWERS[status] ?? "the shop is closed");
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const shown = `127.0.0.1:${server.address().port}/hooks/shop`;
  return {
    url: `http://${shown}`,
    /** The URL as the console shows it, without its scheme. */
    shown,
    received,
    answer(newStatus) {
      status = newStatus;
    },
    close: () => server.close(),
  };
}
