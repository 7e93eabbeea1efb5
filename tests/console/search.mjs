// Finding and watching: the search, the delivery page with its request and answers, tests in the log, live deliveries,
// and filters.
//
//     node search.mjs CONSOLE_URL API_URL API_KEY [desktop|phone] [light|dark]
//
// Use a new account.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { caller, drive } from "./driver.mjs";
import { receiver } from "./receiver.mjs";

const [consoleUrl, apiUrl, key, screen = "desktop", colorScheme = "light"] = process.argv.slice(2);
const call = caller(apiUrl, key);
const driver = await drive({ screen, colorScheme });
const { page, button, heading, dialog, step, until, waitFor } = driver;
const shop = await receiver();

async function waitForDelivery(query, check) {
  let found;
  await waitFor(`a delivery with ${query}`, async () => {
    found = (await call("GET", `/v1/deliveries?${query}`)).deliveries.find(check);
    return found;
  });
  return found;
}

async function searchFor(text) {
  if (screen === "phone") await button("Search").click();
  else await page.keyboard.press("/");
  await dialog().getByRole("combobox").fill(text);
}

try {
  const made = await call("POST", "/v1/notifications/destinations", { channel_type: "webhook", destination: shop.url });
  const path = `/v1/notifications/destinations/${made.id}`;
  await call("POST", `${path}/verify`, {});
  await call("POST", "/v1/notifications/channels", {
    destination_ids: [made.id],
    events: ["custom.order.paid"],
    min_severity: "info",
  });
  await driver.signIn(consoleUrl, key);

  await step("a failed test shows the answer's body and is in the log", async () => {
    shop.answer(503);
    await page.goto(`${consoleUrl}#/destinations/${made.id}`);
    await button("Send test").click();
    await page.getByText("Test failed").waitFor();
    await page.getByText("the shop is closed").waitFor();
    await page.getByRole("link", { name: "Show the test" }).click();
    await heading("destination.test");
    await page.getByText("This was a test or a verification.").waitFor();
    await page.getByText("the shop is closed").waitFor();
    const overview = await call("GET", "/v1/overview");
    assert.equal(overview.attention.length, 0, "a failed test needs no attention");
    const tests = (await call("GET", "/v1/deliveries?test=true")).deliveries;
    assert.deepEqual(tests.map((row) => row.event_type).sort(), ["destination.test", "destination.verification"]);
    assert.equal((await call("GET", "/v1/deliveries?test=false")).deliveries.length, 0);
  });

  shop.answer(204);
  const data = { customer: "Ada Lovelace", note: 'it\'s 5 € "today"\n\\ $HOME `id`' };
  const { id: event } = await call("POST", "/v1/events", { type: "custom.order.paid", severity: "critical", data });
  const delivery = await waitForDelivery(`event_id=${event}`, (row) => row.state === "succeeded");

  await step("an id leads to its page with Enter", async () => {
    await searchFor(delivery.id);
    await page.keyboard.press("Enter");
    await heading("custom.order.paid");
    assert(page.url().endsWith(`#/deliveries/${delivery.id}`), page.url());
  });

  await step("the delivery shows the request and the answer with their headers", async () => {
    const request = page.getByRole("region", { name: "Request" });
    const sent = shop.received.find((one) => one.headers["webhook-id"] === delivery.id);
    await request
      .getByText(sent.headers["stack-signature"] ?? sent.headers["webhook-signature"])
      .first()
      .waitFor();
    await page.getByText("Response headers").waitFor();
    const detail = await call("GET", `/v1/deliveries/${delivery.id}`);
    assert.equal(detail.request.body, sent.body);
    assert.equal(detail.request.signature_fits, true);
    for (const { name, value } of detail.request.headers) assert.equal(sent.headers[name], value, name);
    const names = detail.attempts[0].response_headers.map(({ name }) => name);
    assert(names.includes("content-type") && names.includes("date"), names.join());
  });

  await step("the cURL command sends the same bytes", async () => {
    await driver.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await button("Copy as cURL").click();
    await button("Copied").waitFor();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    const first = shop.received.find((one) => one.headers["webhook-id"] === delivery.id);
    const count = shop.received.length;
    await promisify(execFile)("sh", ["-c", command]);
    assert.equal(shop.received.length, count + 1);
    const again = shop.received.at(-1);
    assert.equal(again.body, first.body);
    assert.equal(again.headers["webhook-signature"], first.headers["webhook-signature"]);
    assert.equal(again.headers["user-agent"], first.headers["user-agent"]);
  });

  await step("text finds an event, and a part of a URL its destination", async () => {
    await searchFor("ada love");
    await dialog()
      .getByRole("option", { name: /custom\.order\.paid/ })
      .waitFor();
    await dialog().getByRole("combobox").fill(shop.shown.slice(0, 15));
    await dialog()
      .getByRole("option", { name: new RegExp(shop.shown.split("/")[0]) })
      .first()
      .waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/*#/destinations/${made.id}`);
  });

  await step("events are filtered by severity and by one's own types", async () => {
    await page.goto(`${consoleUrl}#/events?severity=critical`);
    await page.getByRole("table", { name: "Events" }).getByText("critical").first().waitFor();
    await page.goto(`${consoleUrl}#/events?severity=info`);
    await page.getByText("No matching events").waitFor();
    if (screen === "phone") await page.getByRole("button", { name: /^Filters/ }).click();
    await page.getByLabel("Event type").fill("order");
    await page.getByRole("option", { name: /custom\.order\.paid.*In your log/ }).waitFor();
    await page.keyboard.press("Escape");
  });

  await step("live deliveries appear as they happen, and stop when paused", async () => {
    await page.goto(`${consoleUrl}#/deliveries?live=1`);
    const rows = page.getByRole("table", { name: "Live deliveries" }).getByRole("row");
    await rows.nth(1).waitFor();
    const before = await rows.count();
    shop.answer(503);
    await call("POST", "/v1/events", { type: "custom.order.paid", data: { n: 1 } });
    await waitFor("the new delivery", async () => (await rows.count()) === before + 1);
    await page
      .getByRole("table")
      .getByText(/Failed|Abandoned/)
      .first()
      .waitFor();
    await button("Pause").click();
    await page.getByRole("heading", { name: "Live, paused" }).waitFor();
    shop.answer(204);
    await call("POST", "/v1/events", { type: "custom.order.paid", data: { n: 2 } });
    await page.waitForTimeout(5000);
    assert.equal(await rows.count(), before + 1, "paused");
    await button("Continue").click();
    await waitFor("the delivery after the pause", async () => (await rows.count()) === before + 2);
  });

  await step("several attempts are on one time line", async () => {
    const failed = await waitForDelivery("event_type=custom.order.paid", (row) => row.attempt_count > 1);
    await page.goto(`${consoleUrl}#/deliveries/${failed.id}`);
    const line = page.getByRole("list", { name: "Time line of the attempts" });
    await until("two marks", async () => (await line.getByRole("listitem").count()) > 1);
  });

  driver.finish();
} finally {
  await driver.close();
  shop.close();
}
