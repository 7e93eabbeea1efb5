// Visits the catalogue of event types, previews messages, leaves forms with input, and goes back to long lists.
//
//     node catalogue.mjs API_URL API_KEY SCREEN COLOR_SCHEME
//
// Use a new account with a verified phone number.
import assert from "node:assert/strict";
import { caller, drive } from "./driver.mjs";
import { receiver } from "./receiver.mjs";

const [apiUrl, key, screen, colorScheme] = process.argv.slice(2);
const SAYS = "Agent accessed slack but did not declare it in intent";
const EVENTS = 120;

const driver = await drive({ screen, colorScheme });
const { page, button, heading, dialog, step, until, waitFor } = driver;
const call = caller(apiUrl, key);
const main = page.locator("main");

/** Opens a page of the console, as a link in a text would. */
async function open(address, title) {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, address);
  await heading(title);
}

/** The page must not be wider than the screen. */
async function fits() {
  const overflow = await page.locator(":root").evaluate((root) => root.scrollWidth - root.clientWidth);
  assert(overflow <= 0, `the page is ${overflow} pixels wider than the screen`);
}

const shop = await receiver();
shop.answer(200);
try {
  const chat = (path) => shop.url.replace("/hooks/shop", path);
  const providerHeaders = { "x-requested-with": "XMLHttpRequest" };
  const names = { slack: "#alerts", teams: "Alerts team", discord: "discord-alerts", google_chat: "Alerts space" };
  for (const kind of ["slack", "teams"]) {
    const config = { webhookUrl: chat(`/${kind}`) };
    await call("POST", "/api/v1/notifications/providers", { kind, name: names[kind], config }, providerHeaders);
  }
  for (const type of ["discord", "google_chat"]) {
    const credentials = { webhookUrl: chat(`/${type}`) };
    const channel = { type, name: names[type], credentials, severityThreshold: "critical" };
    await call("POST", "/v1/config/notifications", channel, { "x-project-id": "web" });
  }
  // The account's own address needs no verification.
  const mail = await call("POST", "/v1/notifications/destinations", {
    channel_type: "email",
    destination: "owner@example.com",
  });
  for (let sent = 0; sent < EVENTS; sent += 20) {
    const events = Array.from({ length: 20 }, (_, i) => ({ type: "custom.order", data: { order: sent + i } }));
    await call("POST", "/v1/events", { events });
  }

  await step("sign in", async () => {
    await driver.signIn(`${apiUrl}/console`, key);
  });

  await step("the catalogue lists all types, also one's own", async () => {
    await open("/catalogue", "Event types");
    await until("the own type is listed", () => main.getByText("custom.order").first().isVisible());
    await main.getByText("Users and teams").first().waitFor();
    await fits();
  });

  await step("a type shows its fields, an example, and that no rule takes it", async () => {
    await page.getByLabel("Search event types").fill("passport.flagged");
    await main.getByText("No rule takes it").first().waitFor();
    await main.locator("summary").filter({ hasText: "passport.flagged" }).click();
    await main.getByText("flags[].message").waitFor();
    await main.getByText(SAYS).waitFor();
    await fits();
  });

  await step("a new rule starts with the type", async () => {
    await button("New rule", main).click();
    await heading("New rule");
    await page.getByRole("list", { name: "Selected event types" }).getByText("passport.flagged").waitFor({ state: "attached" });
  });

  await step("the preview shows the message of each destination as people see it", async () => {
    for (const name of [...Object.values(names), "owner@example.com", "+49"]) {
      await page.locator(".rule-fields").getByRole("checkbox", { name: new RegExp(name.replace("+", "\\+")) }).check();
    }
    const preview = page.locator(".preview");
    for (const kind of Object.keys(names)) {
      const shown = preview.locator(`.chat-${kind}`);
      await shown.getByText("STACK Notifications").waitFor();
      assert((await shown.innerText()).includes(SAYS), `${kind} does not show the event`);
    }
    await preview.getByText("[WARNING] passport.flagged").waitFor();
    await preview.locator(".mail-body").getByText(SAYS).waitFor();
    await preview.getByText(/^1 segment/).waitFor();
    await preview.locator(".sms").getByText(/^WARNING passport.flagged/).waitFor();
    await fits();
  });

  await step("text of an event is never markup", async () => {
    const preview = page.locator(".preview");
    await preview.getByText("Event data").click();
    const data = { message: "<img src=x onerror=alert(1)> <b>bold</b>", "<i>": "&lt;" };
    await preview.getByLabel("Data", { exact: true }).fill(JSON.stringify(data));
    await preview.locator(".mail-body").getByText("<b>bold</b>").first().waitFor();
    await preview.locator(".chat-discord").getByText("<b>bold</b>").first().waitFor();
    assert.equal(await preview.locator("img, b, i").count(), 0);
  });

  const question = () => page.getByRole("dialog", { name: "Discard this rule?" });
  const back = main.getByRole("link", { name: "Rules", exact: true });

  await step("a link asks before it leaves an unsaved rule", async () => {
    await back.click();
    await question().waitFor();
    await button("Keep editing", question()).click();
    await heading("New rule");
    assert(page.url().includes("/rules/new"), page.url());
    assert.equal(await page.getByRole("checkbox", { name: /owner@example.com/ }).isChecked(), true, "input was lost");
  });

  await step("Back asks, too, and Escape keeps the rule", async () => {
    await page.goBack();
    await question().waitFor();
    await page.keyboard.press("Escape");
    await question().waitFor({ state: "detached" });
    await heading("New rule");
    assert(page.url().includes("/rules/new"), page.url());
  });

  await step("discarding the rule leaves the page", async () => {
    await page.goBack();
    await question().waitFor();
    await button("Discard", question()).click();
    await heading("Event types");
  });

  await step("Escape does not throw away a typed event", async () => {
    await open("/events", "Events");
    await page.getByRole("button", { name: "Post an event" }).first().click();
    const form = page.getByRole("dialog", { name: "Post an event" });
    await form.getByLabel("Data", { exact: true }).fill('{"typed": true}');
    const asked = page.getByRole("dialog", { name: "Discard this event?" });
    for (const leave of [() => page.keyboard.press("Escape"), () => button("Cancel", form).click()]) {
      await leave();
      await asked.waitFor();
      await button("Keep editing", asked).click();
      assert.equal(await form.getByLabel("Data", { exact: true }).inputValue(), '{"typed": true}');
    }
    await page.keyboard.press("Escape");
    await button("Discard", asked).click();
    await dialog().first().waitFor({ state: "detached" });
  });

  await step("a form without input closes at once", async () => {
    await page.getByRole("button", { name: "Post an event" }).first().click();
    await dialog().waitFor();
    await page.keyboard.press("Escape");
    await dialog().waitFor({ state: "detached" });
  });

  await step("Back restores filters, loaded rows and the position", async () => {
    await open("/events?type=custom.order&hours=24", "Events");
    const rows = page.getByRole("table", { name: "Events" }).getByRole("link");
    await rows.first().waitFor();
    const first = await rows.count();
    await button("Show more").click();
    await waitFor("more rows are loaded", async () => (await rows.count()) > first);
    const loaded = await rows.count();
    const last = rows.nth(loaded - 3);
    await last.scrollIntoViewIfNeeded();
    const position = await page.evaluate(() => scrollY);
    assert(position > 0);
    await last.click();
    await heading("custom.order");
    assert.equal(await page.evaluate(() => scrollY), 0, "a new page starts at its top");
    await page.goBack();
    await heading("Events");
    await waitFor("all rows are there again", async () => (await rows.count()) >= loaded);
    await waitFor("the position is restored", async () => Math.abs((await page.evaluate(() => scrollY)) - position) < 3);
    assert(page.url().includes("type=custom.order"), page.url());
  });

  await step("the page of an email shows its subject and its content", async () => {
    const rule = { destination_ids: [mail.id], events: ["passport.flagged"], min_severity: "info" };
    await call("POST", "/v1/notifications/channels", rule);
    const { id } = await call("POST", "/v1/events", {
      type: "passport.flagged",
      data: { flags: [{ type: "undeclared_service", severity: "warning", message: SAYS }] },
    });
    let deliveries = [];
    await waitFor("the email is sent", async () => {
      ({ deliveries } = await call("GET", `/v1/deliveries?event_id=${id}`));
      return deliveries[0]?.state === "succeeded";
    });
    await open(`/deliveries/${deliveries[0].id}`, "passport.flagged");
    await main.getByText("[WARNING] passport.flagged").waitFor();
    await main.locator(".mail-body").getByText(SAYS).waitFor();
    await main.getByText(/^STACK Notifications </).waitFor();
    await main.getByText("Plain text").click();
    await main.locator(".mail-text").getByText(SAYS).waitFor();
    await fits();
  });

  await step("the timeline of the email leads to its content", async () => {
    const sent = "/v1/events?type=mail.message.sent";
    let events = [];
    await waitFor("the mail's event is stored", async () => {
      ({ events } = await call("GET", sent));
      return events.length > 0;
    });
    await open(`/events/${events[0].id}`, "mail.message.sent");
    await main.locator(".mail-body").getByText(SAYS).waitFor();
  });

  await step("the catalogue links to the rule that takes a type", async () => {
    await open("/catalogue?search=passport.flagged", "Event types");
    await main.getByText("1 rule", { exact: true }).waitFor();
    await main.locator("summary").filter({ hasText: "passport.flagged" }).click();
    await main.getByRole("link", { name: "Rule: passport.flagged" }).click();
    await heading("passport.flagged");
  });

  driver.finish();
} finally {
  shop.close();
  await driver.close();
}
