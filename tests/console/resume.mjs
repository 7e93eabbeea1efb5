// Recovers from an outage in one flow: three of eight destinations of one rule fail, so that all eight are held.
//
//     node resume.mjs API_URL API_KEY SCREEN COLOR_SCHEME
//
// Use a new account.
import assert from "node:assert/strict";
import { caller, drive } from "./driver.mjs";
import { receiver } from "./receiver.mjs";

const [apiUrl, key, screen, colorScheme] = process.argv.slice(2);
const call = caller(apiUrl, key);
const driver = await drive({ screen, colorScheme });
const { page, button, heading, step, until, waitFor } = driver;

const EVENT = "custom.order.placed";
const HELD_EVENTS = 3;
const receivers = await Promise.all(Array.from({ length: 8 }, receiver));
const broken = receivers.slice(0, 3);

/** Registers the receivers under one rule, lets three fail, and posts events that are then held for all of them. */
async function outage() {
  const ids = [];
  for (const { url } of receivers) {
    ids.push((await call("POST", "/v1/notifications/destinations", { channel_type: "webhook", destination: url })).id);
  }
  await call("POST", "/v1/notifications/channels", { destination_ids: ids, events: [EVENT], min_severity: "info" });
  // A 410 makes a destination unhealthy at once.
  for (const one of broken) one.answer(410);
  await call("POST", "/v1/events", { type: EVENT, data: { order: 1 } });
  await waitFor("three destinations are unhealthy", async () => {
    return (await call("GET", "/v1/overview")).destinations.unhealthy === 3;
  });
  for (let order = 2; order < 2 + HELD_EVENTS; order += 1) await call("POST", "/v1/events", { type: EVENT, data: { order } });
  await waitFor("all deliveries are held", async () => {
    return (await call("GET", "/v1/overview")).totals.held === 8 * HELD_EVENTS;
  });
}

async function fits() {
  const overflow = await page.locator(":root").evaluate((element) => element.scrollWidth - element.clientWidth);
  assert(overflow <= 0, `the page is ${overflow} pixels wider than the screen`);
}

try {
  await outage();
  await step("the overview names the rule and offers one way back", async () => {
    await driver.signIn(`${apiUrl}/console`, key);
    await page.getByText(`The rule ${EVENT} → `).waitFor();
    assert.equal(await page.getByText(/nch_/).count(), 0, "the overview shows the id of a rule");
    await page.getByRole("link", { name: "Resume deliveries" }).click();
    await heading("Resume deliveries");
    await fits();
  });

  await step("the broken destinations and what each destination missed", async () => {
    const list = page.getByRole("list", { name: "Broken destinations" });
    await waitFor("three are listed", async () => (await list.getByRole("button", { name: "Send signed request" }).count()) === 3);
    await list.getByRole("link", { name: new RegExp(`${EVENT} → `) }).first().waitFor();
    const counts = page.getByRole("list", { name: "Deliveries by destination" });
    await waitFor("eight destinations are counted", async () => (await counts.getByRole("listitem").count()) === 8);
    await page.getByText(`${8 * HELD_EVENTS + 3} deliveries held, failed or abandoned.`).waitFor();
    assert.equal(await counts.getByText("Skipped: unhealthy").count(), 3);
    await button(`Resend ${5 * HELD_EVENTS} deliveries`).waitFor();
    await fits();
  });

  await step("two are fixed, and one still fails", async () => {
    broken[0].answer(204);
    broken[1].answer(204);
    await button("Verify all 3").click();
    const list = page.getByRole("list", { name: "Broken destinations" });
    await waitFor("two are verified", async () => (await list.getByText("Verified", { exact: true }).count()) === 2);
    await button("Verify again").waitFor();
    assert((await list.getByText(/410/).count()) > 0, "the answer of the third is not shown");
    await button(`Resend ${7 * HELD_EVENTS + 2} deliveries`).waitFor();
  });

  await step("the rest is sent in one step", async () => {
    await button(`Resend ${7 * HELD_EVENTS + 2} deliveries`).click();
    await page.getByText(`${7 * HELD_EVENTS + 2} deliveries on the way again.`).waitFor();
    for (const one of receivers.slice(3)) {
      // The first event, then the held ones.
      await waitFor("a healthy receiver got everything", () => one.received.length === 1 + HELD_EVENTS);
    }
    await waitFor("the fixed receivers got everything", () =>
      broken.slice(0, 2).every(({ received }) => new Set(received.map(({ headers }) => headers["webhook-id"])).size >= 1 + HELD_EVENTS),
    );
  });

  await step("the last one follows", async () => {
    broken[2].answer(204);
    await button("Verify again").click();
    await button(`Resend ${HELD_EVENTS + 1} deliveries`).click();
    await page.getByText(`${HELD_EVENTS + 1} deliveries on the way again.`).waitFor();
    await waitFor("nothing is held", async () => {
      const { totals } = await call("GET", "/v1/overview");
      return totals.held + totals.abandoned + totals.failed === 0;
    });
    await page.getByRole("link", { name: "Overview", exact: true }).first().click();
    await heading("Overview");
    await until("nothing needs attention", () => page.getByText(/needs your attention/).isVisible());
  });
  driver.finish();
} finally {
  await driver.close();
  for (const one of receivers) one.close();
}
