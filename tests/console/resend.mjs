// Sends deliveries again by filter, stops and continues, reads the pages of a project's key, and shows the names of more
// than a hundred destinations.
//
//     node resend.mjs API_URL API_KEY KEY_OF_A_PROJECT SCREEN
//
// Use a new account. The key is bound to the project `mine`.
import assert from "node:assert/strict";
import { caller, drive } from "./driver.mjs";
import { receiver } from "./receiver.mjs";

const [apiUrl, key, projectKey, screen] = process.argv.slice(2);
const [call, callOfProject] = [caller(apiUrl, key), caller(apiUrl, projectKey)];
const driver = await drive({ screen });
const { page, button, heading, dialog, step, waitFor } = driver;

const EVENT = "custom.invoice.paid";
/** More than one request of the console sends. */
const MISSED = 450;
const shop = await receiver();

const open = async (address) => {
  await page.goto(`${apiUrl}/console/index.html#${address}`);
  await page.reload();
};

try {
  const first = await call("POST", "/v1/notifications/destinations", { channel_type: "webhook", destination: shop.url });
  await call("POST", "/v1/notifications/channels", { destination_ids: [first.id], events: [EVENT], min_severity: "info" });
  shop.answer(410);
  await call("POST", "/v1/events", { type: EVENT, data: { number: 0 } });
  await waitFor("the destination is unhealthy", async () => (await call("GET", "/v1/overview")).destinations.unhealthy === 1);
  for (let sent = 0; sent < MISSED; sent += 50) {
    const events = Array.from({ length: 50 }, (_, n) => ({ type: EVENT, data: { number: sent + n } }));
    await call("POST", "/v1/events", { events });
  }
  await waitFor("all are held", async () => (await call("GET", "/v1/overview")).totals.held === MISSED);
  shop.answer(204);

  await step("a destination that cannot receive is counted and skipped", async () => {
    await driver.signIn(`${apiUrl}/console`, key);
    await open("/deliveries?state=held");
    await button("Resend all that match…").click();
    await dialog().getByText(`${MISSED} deliveries match.`).waitFor();
    await dialog().getByText("Skipped: unhealthy").waitFor();
    assert.equal(await button("Resend 0 deliveries", dialog()).getAttribute("aria-disabled"), "true");
    await button("Cancel", dialog()).click();
  });

  await step("a resend shows progress, stops, and continues", async () => {
    await call("POST", `/v1/notifications/destinations/${first.id}/verify`, {});
    await open("/deliveries?state=held");
    await button("Resend all that match…").click();
    // Hold back the second request until Stop is clicked.
    let requests = 0;
    let release;
    const stopped = new Promise((resolve) => (release = resolve));
    await page.route("**/v1/deliveries/resend", async (route) => {
      if (!route.request().postDataJSON().dry_run && (requests += 1) === 2) await stopped;
      await route.continue();
    });
    await button(`Resend ${MISSED} deliveries`, dialog()).click();
    await dialog().getByText(`200 of ${MISSED} deliveries on the way again`).waitFor();
    await button("Stop", dialog()).click();
    release();
    await dialog().getByText(/Stopped\. 400 deliveries on the way again/).waitFor();
    assert.equal(requests, 2, "requests after the stop");
    await page.unroute("**/v1/deliveries/resend");
    await button("Send the rest", dialog()).click();
    await dialog().getByText("50 deliveries on the way again.").waitFor();
    await button("Close", dialog()).last().click();
    await waitFor("each has arrived", () => new Set(shop.received.map(({ headers }) => headers["webhook-id"])).size >= MISSED);
  });

  await step("the page of a project's key is full and names its scope", async () => {
    for (let number = 0; number < 60; number += 20) {
      const events = Array.from({ length: 20 }, (_, n) => ({ type: EVENT, data: { own: number + n } }));
      await callOfProject("POST", "/v1/events", { events });
      const others = Array.from({ length: 80 }, (_, n) => ({ type: EVENT, data: { other: n } }));
      await call("POST", "/v1/events", { events: others });
    }
    await waitFor("the project's deliveries have succeeded", async () => {
      return (await callOfProject("GET", "/v1/overview")).totals.succeeded === 60;
    });
    await page.evaluate(() => sessionStorage.clear());
    await driver.signIn(`${apiUrl}/console`, projectKey);
    await page.getByText("belongs to the project mine").waitFor();
    await page.getByText("60", { exact: true }).first().waitFor();
    await open("/deliveries");
    const rows = page.getByRole("table", { name: "Deliveries" }).getByRole("link");
    await waitFor("the first page is full", async () => (await rows.count()) === 50);
    await page.getByText("belongs to the project mine").waitFor();
    await button("Show more").click();
    await waitFor("the second page completes the list", async () => (await rows.count()) === 60);
  });

  await step("the oldest of more than a hundred destinations has its name", async () => {
    for (let number = 0; number < 105; number += 15) {
      const add = (n) => ({ channel_type: "webhook", destination: `http://127.0.0.1:9/hooks/${number + n}` });
      await Promise.all(Array.from({ length: 15 }, (_, n) => call("POST", "/v1/notifications/destinations", add(n))));
    }
    await page.evaluate(() => sessionStorage.clear());
    await driver.signIn(`${apiUrl}/console`, key);
    await open("/deliveries");
    await page.getByRole("table", { name: "Deliveries" }).getByText(shop.shown).first().waitFor();
    assert.equal(await page.getByRole("table").getByText(/deleted/).count(), 0, "a destination is shown as deleted");
    if (screen === "phone") await page.getByRole("button", { name: /^Filters/ }).click();
    await page.getByRole("combobox", { name: "Destination" }).fill(shop.shown);
    await page.getByRole("option").getByText(shop.shown).waitFor();
    await page.keyboard.press("Escape");
    await heading("Deliveries");
  });
  driver.finish();
} finally {
  await driver.close();
  shop.close();
}
