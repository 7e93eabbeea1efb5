// Uses the console like an operator: signs in, adds a webhook, receives an event, and recovers after the receiver
// fails. Every step uses only the page, and checks the result on the page.
//
//     node story.mjs CONSOLE_URL API_KEY
//
// Use a new account.
import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { drive } from "./driver.mjs";
import { receiver } from "./receiver.mjs";

const [consoleUrl, key] = process.argv.slice(2);
const driver = await drive();
const { page, button, go, heading, dialog, step, until } = driver;

/** Posts an event and opens its page. */
async function postEvent(message) {
  await go("Events");
  await page.getByRole("button", { name: "Post an event" }).first().click();
  await dialog().getByLabel("Event type").fill("custom.order");
  await page.keyboard.press("Tab");
  await page.waitForFunction(() => document.querySelector("dialog textarea").value.includes("Hello"));
  await dialog().getByLabel("Data", { exact: true }).fill(JSON.stringify({ message }));
  await button("Post event", dialog()).click();
  await heading("custom.order");
}

/** Opens the delivery of the event on the current page. */
async function openDelivery() {
  const list = page.getByRole("table", { name: "Deliveries of this event" });
  await until("the delivery is listed", () => list.getByRole("link").first().isVisible());
  await list.getByRole("link").first().click();
  await page.getByRole("link", { name: "Show event and timeline" }).waitFor();
}

const shop = await receiver();
let secret;
try {
  await step("a wrong key is rejected with a sentence for people", async () => {
    await page.goto(consoleUrl);
    await page.getByLabel("API key").fill("sk_live_op_wrong");
    await button("Sign in").click();
    await page.getByText("This key is not valid.").waitFor();
    await page.getByText("Where do I get a key?").click();
    await page.getByText("An admin of your account creates keys").waitFor();
  });

  await step("sign in", async () => {
    await page.getByLabel("API key").fill(key);
    await button("Sign in").click();
    await heading("Overview");
    assert.equal(await page.evaluate(() => localStorage.length), 0, "the key is stored beyond the tab");
  });

  await step("add a webhook destination", async () => {
    await go("Destinations");
    await heading("Destinations");
    await page.getByRole("button", { name: "Add destination" }).first().click();
    await dialog().getByRole("button", { name: /^Webhook/ }).first().click();
    await dialog().getByLabel("URL").fill("ftp://example.com/");
    await button("Add destination", dialog()).click();
    await dialog().getByText("http").first().waitFor();
    await dialog().getByLabel("URL").fill(shop.url);
    await button("Add destination", dialog()).click();
    await dialog().getByText("whsec_").first().waitFor();
    secret = /whsec_[A-Za-z0-9+/=]+/.exec(await dialog().innerText())[0];
  });

  await step("the secret is shown only once", async () => {
    await button("I have stored it", dialog()).click();
    await page.getByText(shop.shown).first().waitFor();
    assert(!(await page.content()).includes(secret));
  });

  await step("create a rule, with a preview before it is saved", async () => {
    await go("Rules");
    await heading("Rules");
    await page.getByRole("button", { name: "New rule" }).first().click();
    await heading("New rule");
    await page.getByLabel("Search event types").fill("custom.order");
    await button("Add custom.order").click();
    await page.getByLabel(shop.shown).check();
    const severity = page.getByRole("group", { name: "Minimum severity" });
    await severity.getByText("Critical").click();
    await page.getByText("this event is only warning").waitFor();
    await severity.getByText("Warning").click();
    await page.getByText("and this event is warning").waitFor();
    await button("Save rule").click();
    await page.getByText("Active", { exact: true }).first().waitFor();
  });

  await step("post an event and watch it arrive", async () => {
    await postEvent("It works");
    await openDelivery();
    await until("the delivery has succeeded", () => page.getByText("Succeeded").first().isVisible());
    assert.equal(shop.received.length, 1);
    const [{ headers, body }] = shop.received;
    assert.deepEqual(JSON.parse(body).data, { message: "It works" });
    new Webhook(secret).verify(body, headers);
    const text = await page.locator("main").innerText();
    assert(text.includes(headers["x-stack-signature-256"]), "the request's signature is not shown");
    assert(text.includes(headers["webhook-timestamp"]), "the request's timestamp is not shown");
  });

  await step("break the receiver and see the attempts", async () => {
    shop.answer(500);
    await postEvent("It breaks");
    await openDelivery();
    await until("four attempts are shown", () => page.getByText("Attempt 4").first().isVisible());
    assert((await page.getByText("500 Internal Server Error").count()) > 0);
    assert((await page.getByText("the shop is closed").count()) > 0, "the response body is not shown");
  });

  await step("the overview shows that the destination is unhealthy", async () => {
    await go("Overview");
    await until("the unhealthy destination is listed", () => page.getByText(`${shop.url} is unhealthy`).isVisible());
    await page.getByRole("link", { name: "Open destination" }).first().click();
    await page.getByText("It pauses 1 rule").waitFor();
  });

  await step("the rule is paused and its deliveries are held", async () => {
    await go("Rules");
    await page.getByText("Paused", { exact: true }).first().waitFor();
    await postEvent("It waits");
    await openDelivery();
    await page.getByText("Held").first().waitFor();
  });

  await step("verify the destination again", async () => {
    shop.answer(204);
    await go("Destinations");
    await page.getByRole("link", { name: shop.shown }).first().click();
    await button("Verify again").click();
    await button("Send test request", dialog()).click();
    await dialog().getByText("The endpoint answered the signed request with a 2xx status.").waitFor();
  });

  await step("recover the missed deliveries", async () => {
    await page.keyboard.press("Escape");
    await button("Recover").click();
    await button("Send again", dialog()).click();
    await page.getByText(/deliver(y|ies) on the way again/).waitFor();
    const messages = () => shop.received.map(({ body }) => JSON.parse(body).data.message);
    await until("both events have arrived", () => ["It breaks", "It waits"].every((one) => messages().slice(-3).includes(one)));
  });

  await step("the rule is active again and nothing needs attention", async () => {
    await go("Rules");
    await page.getByText("Active", { exact: true }).first().waitFor();
    await go("Overview");
    await until("the destination is no longer listed", () => page.getByText(`${shop.url} is unhealthy`).isHidden());
  });

  await step("create an endpoint in Webhooks", async () => {
    await go("Webhooks");
    await heading("Webhooks");
    await page.getByRole("button", { name: "Add endpoint" }).first().click();
    await dialog().getByLabel("URL").fill(`${shop.url}/stack-auth`);
    await button("Add endpoint", dialog()).click();
    await heading(`${shop.url}/stack-auth`);
    assert(!(await page.content()).includes("whsec_"), "the secret is shown without a request");
  });

  await step("the secret is shown on request and signs a test", async () => {
    await button("Reveal").click();
    await page.getByText("whsec_").first().waitFor();
    const shown = /whsec_[A-Za-z0-9+/=]+/.exec(await page.locator("main").innerText())[0];
    await page.getByRole("button", { name: /test/i }).first().click();
    await page.getByText("The endpoint answered 204.").waitFor();
    const { headers, body } = shop.received.at(-1);
    new Webhook(shown).verify(body, headers);
    assert.equal(headers["svix-signature"], headers["webhook-signature"]);
    assert.deepEqual(Object.keys(JSON.parse(body)), ["type", "data"]);
    await button("Hide").click();
    await page.getByText(shown).waitFor({ state: "detached" });
  });

  await step("sign out", async () => {
    await button("Sign out").click();
    await page.getByLabel("API key").waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.length), 0, "data remains after signing out");
  });

  driver.finish();
} finally {
  shop.close();
  await driver.close();
}
