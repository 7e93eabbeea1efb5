// A receiver of webhooks that can be told to fail: a real HTTP server on a free port.
import { createServer } from "node:http";

/** A chat takes a message by a word; a 204 has no body. */
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
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const shown = `127.0.0.1:${server.address().port}/hooks/shop`;
  return {
    url: `http://${shown}`,
    /** As the console shows it. */
    shown,
    received,
    answer(with_) {
      status = with_;
    },
    close: () => server.close(),
  };
}
