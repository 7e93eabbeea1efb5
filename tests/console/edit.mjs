// Edits destinations of every API in the console: names, addresses with their verification, headers and secrets. Adds a
// webhook of the Mail API, rotates a secret, and follows the link of a notice about an unhealthy destination.
//
//     node edit.mjs CONSOLE_URL API_URL API_KEY SCREEN THEME
//
// Use a new account.
import assert from "node:assert/strict";
import { caller, drive } from "./driver.mjs";
import { receiver } from "./receiver.mjs";

const [consoleUrl, apiUrl, key, screen, colorScheme] = process.argv.slice(2);
const call = caller(apiUrl, key);
const driver = await drive({ screen, colorScheme });
const { page, button, heading, dialog, step, waitFor, signIn } = driver;

const shop = await receiver();
const moved = await receiver();
const fromPage = { "x-requested-with": "XMLHttpRequest" };

/** Opens the page of a destination by its address, as a bookmark does. */
async function open(id, name) {
  await page.goto(`${consoleUrl}/index.html#/destinations/${id}`);
  await heading(name);
}

const status = (text) => page.locator(".destination-badges").getByText(text, { exact: true });

async function edit() {
  await button("Edit", page.locator("main")).first().click();
  await button("Save changes", dialog()).waitFor();
}

const save = () => button("Save changes", dialog()).click();

try {
  const webhook = await call("POST", "/v1/notifications/destinations", {
    channel_type: "webhook",
    destination: shop.url,
  });
  await call("POST", "/v1/notifications/channels", {
    destination_ids: [webhook.id],
    events: ["custom.moved"],
    min_severity: "info",
  });
  const pager = await call(
    "POST",
    "/api/v1/notifications/providers",
    { kind: "webhook", name: "Pager", config: { url: shop.url, secret: "first", headers: { "X-Old": "1", "X-Team": "ops" } } },
    fromPage,
  );
  const analyses = await call(
    "POST",
    "/v1/config/notifications",
    { type: "webhook", name: "Analyses", credentials: { url: shop.url, hmacSecret: "first" }, severityThreshold: "high" },
    { "x-project-id": "web" },
  );
  const users = await call("POST", "/v1/webhooks/endpoints", { url: shop.url });

  await step("sign in", () => signIn(consoleUrl, key));

  await step("a destination is new until something was sent to it", async () => {
    await open(webhook.id, shop.url);
    await status("New").waitFor();
    assert.equal(await status("Healthy").count(), 0);
  });

  await step("a name with a mark of direction is refused beside its field", async () => {
    await edit();
    await dialog().getByLabel("Name (optional)").fill("Order\u202eservice");
    await save();
    await dialog().getByText("Name has the invisible character U+202E in it; remove it.").waitFor();
  });

  await step("a name is shown in place of the address", async () => {
    await dialog().getByLabel("Name (optional)").fill("Order service");
    await save();
    await heading("Order service");
    assert.equal((await call("GET", `/v1/notifications/destinations/${webhook.id}`)).verified, true);
  });

  await step("a new URL asks for a verification at once", async () => {
    await edit();
    assert.equal(await dialog().getByLabel("URL").inputValue(), shop.url);
    await dialog().getByLabel("URL").fill(moved.url);
    await save();
    await dialog().getByRole("heading", { name: "Verify destination" }).waitFor();
    await button("Not now", dialog()).click();
    await status("Not verified").waitFor();
    await page.getByText("It pauses 1 rule").waitFor();
    assert.equal(shop.received.length + moved.received.length, 0);
  });

  await step("what happens before the verification is held", async () => {
    await call("POST", "/v1/events", { type: "custom.moved", data: {} });
    await waitFor("the delivery is held", async () => {
      const { deliveries } = await call("GET", "/v1/deliveries?state=held");
      return deliveries.length > 0;
    });
    assert.equal(moved.received.length, 0);
  });

  await step("the new URL is verified, and gets what was held", async () => {
    await button("Verify", page.locator("main")).first().click();
    await button("Send test request", dialog()).click();
    await dialog().getByText("The endpoint answered the signed request with a 2xx status.").waitFor();
    await button("Done", dialog()).click();
    await status("Healthy").waitFor();
    await button("Recover", page.locator("main")).click();
    await button("Send again", dialog()).click();
    await page.getByText("1 delivery on the way again").waitFor();
    await waitFor("the delivery arrives at the new URL", () => moved.received.length === 2);
    assert.equal(shop.received.length, 0);
  });

  await step("an old secret is mentioned only while it signs", async () => {
    await page.getByText("It signs every request.").waitFor();
    await button("Rotate", page.locator("main")).click();
    await button("Rotate secret", dialog()).click();
    await button("I have stored it", dialog()).click();
    await page.reload();
    await page.getByText("The old one signs too, until").waitFor();
  });

  await step("headers of a provider are edited, and its secret stays", async () => {
    await open(pager.id, "Pager");
    await edit();
    const secret = dialog().getByLabel("Secret (optional)");
    assert.deepEqual([await secret.inputValue(), await secret.getAttribute("placeholder")], ["", "••••••••"]);
    await dialog().getByLabel("Headers (optional)").fill("X-Team: ••••••••\nX-New: 2");
    await dialog().getByLabel("Name").fill("Pager 2");
    await save();
    await heading("Pager 2");
    await button("Send test").click();
    await page.getByText("Test succeeded").waitFor();
    const { headers } = shop.received.at(-1);
    assert.deepEqual([headers["x-team"], headers["x-new"], headers["x-old"]], ["ops", "2", undefined]);
    assert(headers["x-kaireon-signature"], "the secret still signs");
  });

  await step("credentials of a project's channel are replaced one by one", async () => {
    await open(analyses.data.id, "Analyses");
    await edit();
    assert.equal(await dialog().getByLabel("URL").inputValue(), "");
    await dialog().getByLabel("URL").fill(moved.url);
    await dialog().getByLabel("Minimum severity of analyses").selectOption("low");
    await save();
    await button("Send test message", dialog()).click();
    await dialog().getByText("The destination accepted the test message.").waitFor();
    await button("Done", dialog()).click();
    assert(moved.received.at(-1).headers["x-sigsentry-signature"], "the secret still signs");
  });

  await step("an endpoint is edited on its destination's page", async () => {
    await open(users.id, shop.url);
    await edit();
    await dialog().getByLabel("Description (optional)").fill("Updates the CRM");
    await save();
    await page.getByText("Updates the CRM").first().waitFor();
  });

  await step("a webhook of the Mail API is added with its secret", async () => {
    await page.goto(`${consoleUrl}/index.html#/destinations?add=mail_webhook`);
    await dialog().getByLabel("URL").fill(`${shop.url}/mail`);
    await dialog().getByLabel("Description (optional)").fill("Bounces");
    await dialog().getByLabel("Search event types").fill("mail.message");
    await dialog().getByRole("checkbox", { name: /mail\.message\.bounced/ }).check();
    await dialog().getByRole("checkbox", { name: /mail\.message\.failed/ }).check();
    await button("Add destination", dialog()).click();
    await dialog().getByText("whsec_").first().waitFor();
    await button("I have stored it", dialog()).click();
    const { items } = await call("GET", "/mail/webhooks");
    assert.deepEqual(items[0].eventTypes.toSorted(), ["mail.message.bounced", "mail.message.failed"]);
  });

  await step("a webhook of the Mail API is edited", async () => {
    await page.getByRole("link", { name: /\/mail/ }).first().click();
    await edit();
    await dialog().getByLabel("URL").fill(`${moved.url}/mail`);
    await dialog().getByRole("button", { name: "Remove mail.message.failed" }).click();
    await save();
    await button("Send test request", dialog()).click();
    await dialog().getByText("The endpoint answered the signed request with a 2xx status.").waitFor();
    await button("Done", dialog()).click();
    const { items } = await call("GET", "/mail/webhooks");
    assert.deepEqual([items[0].url, items[0].eventTypes], [`${moved.url}/mail`, ["mail.message.bounced"]]);
  });

  await step("a notice about an unhealthy destination links to its page", async () => {
    moved.answer(410);
    await call("POST", "/v1/events", { type: "custom.moved", data: {} });
    let notice;
    await waitFor("the notice is in the log", async () => {
      notice = (await call("GET", "/v1/events?type=destination.unhealthy")).events[0];
      return notice !== undefined;
    });
    const { data } = await call("GET", `/v1/events/${notice.id}`);
    assert(data.console_url.endsWith(`/console/index.html#/destinations/${webhook.id}`), data.console_url);
    await page.goto(data.console_url);
    await page.waitForLoadState("networkidle");
    // Locally, the link has another host, for which the browser keeps another session.
    if (await page.getByLabel("API key").isVisible()) {
      await page.getByLabel("API key").fill(key);
      await button("Sign in").click();
    }
    await heading("Order service");
    await status("Unhealthy").waitFor();
  });

  driver.finish();
} finally {
  await driver.close();
  shop.close();
  moved.close();
}
