// Keys, the audit log, the sign-in of several tabs, portal links, and what keys with few rights are offered.
//
//     node keys.mjs CONSOLE_URL API_URL ADMIN_KEY CONFIG_KEY EDITOR_KEY SCREEN
import assert from "node:assert/strict";
import { caller, drive } from "./driver.mjs";

const [consoleUrl, apiUrl, key, configKey, editorKey, screen] = process.argv.slice(2);
const driver = await drive({ screen, colorScheme: screen === "phone" ? "dark" : "light" });
const { context, page, button, heading, dialog, step, waitFor, signIn } = driver;
const api = caller(apiUrl, key);
const isPhone = screen === "phone";
const name = `CI on ${screen}`;
/** The links of the pages that a key is not offered are not in the navigation. */
const open = (address) => page.goto(`${consoleUrl}/index.html#${address}`);
const row = (text) => page.getByRole("row", { name: new RegExp(text) });
const fits = async () =>
  assert(await page.locator(":root").evaluate((root) => root.scrollWidth <= root.clientWidth), "wider than the screen");
let made;
let link;

try {
  await step("sign in as an admin", () => signIn(consoleUrl, key));

  await step("the pages of admins are in the navigation", async () => {
    if (isPhone) await button("More").click();
    await page.getByRole("link", { name: "Keys", exact: true }).click();
    await heading("Keys");
    await page.getByText("Yours", { exact: true }).waitFor();
    await fits();
  });

  await step("a key is created and shown once", async () => {
    await button("New key").click();
    await dialog().getByLabel("Name").fill(name);
    await dialog().getByLabel("Role").selectOption("editor");
    await dialog().getByLabel("Expires").selectOption("2592000");
    await button("Create key", dialog()).click();
    await dialog().getByText("sk_live_tm_").waitFor();
    [made] = /sk_live_tm_[a-z2-7]{40}/.exec(await dialog().innerText());
    await page.keyboard.press("Escape");
    await dialog().getByText("The key will not be shown again. If").waitFor();
    await button("I have stored it", dialog()).click();
    await row(name).waitFor();
    assert(!(await page.content()).includes(made), "the key is still on the page");
  });

  await step("the last use of the key is shown, to the hour", async () => {
    await caller(apiUrl, made)("GET", "/v1/whoami");
    await page.reload();
    await row(name).getByText("In the last hour").waitFor();
  });

  await step("one's own key cannot be revoked, and others can", async () => {
    const own = page.getByRole("row", { name: /Yours/ }).getByRole("button", { name: /^Revoke/ });
    assert.equal(await own.getAttribute("aria-disabled"), "true");
    await page.getByRole("button", { name: `Revoke ${name}` }).click();
    await button("Revoke key", dialog()).click();
    await row(name).getByText("Revoked", { exact: true }).waitFor();
  });

  await step("the audit log says who did it", async () => {
    await open("/audit");
    await heading("Audit log");
    await page.getByText("Key: revoked").first().waitFor();
    await row("Key: created").getByText("role: editor").first().waitFor();
    assert(!(await page.content()).includes(made), "the key is in the audit log");
    if (isPhone) await button("Filters").click();
    await page.getByLabel("Changes of").selectOption("operator.");
    await page.getByText("Operator of the deployment").first().waitFor();
    await page.getByText("Key: revoked").first().waitFor({ state: "detached" });
    await fits();
  });

  await step("a new tab is signed in, and signing out ends both", async () => {
    const other = await context.newPage();
    await other.goto(consoleUrl);
    await other.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    if (isPhone) await other.getByRole("button", { name: "More" }).click();
    await other.getByRole("button", { name: "Sign out" }).click();
    await other.getByLabel("API key").waitFor();
    await page.getByLabel("API key").waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.length), 0, "data remains after signing out");
    // Signing in to one tab signs in to the others.
    await other.getByLabel("API key").fill(key);
    await other.getByRole("button", { name: "Sign in" }).click();
    await heading("Audit log");
    await other.close();
  });

  await step("a portal link needs colors that can be read", async () => {
    await open("/keys");
    await heading("Keys");
    await button("New portal link").click();
    await dialog().getByLabel("Name").fill(`Customer on ${screen}`);
    await dialog().getByLabel("Main color (optional)").fill("#ffe000");
    await dialog().getByLabel("Background color (optional)").fill("#ffffff");
    await button("Create link", dialog()).click();
    await dialog().getByText("theme.primary").waitFor();
    await dialog().getByLabel("Main color (optional)").fill("#0b5c3f");
    await button("Create link", dialog()).click();
    const code = dialog().getByText("#portal=sk_live_pt_");
    await code.waitFor();
    link = await code.innerText();
    await button("Done", dialog()).click();
    await row(`Customer on ${screen}`).getByText("Portal link").waitFor();
  });

  await step("the link opens the console without a key, in its colors", async () => {
    const portal = await context.newPage();
    const requested = [];
    portal.on("request", (request) => requested.push(request.url()));
    await portal.goto(link);
    await portal.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    assert(!portal.url().includes("sk_live"), "the key is still in the address");
    assert(!requested.some((url) => url.includes("sk_live")), "the key was sent in an address");
    const accent = () =>
      portal.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--accent").trim());
    await waitFor("the color is applied", async () => (await accent()) === "#0b5c3f");
    assert.equal(await portal.getByRole("button", { name: "Sign out" }).count(), 0);
    assert.equal(await portal.getByRole("link", { name: "Keys", exact: true }).count(), 0);
    await portal.reload();
    await portal.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    // The session belongs to the tab.
    assert.equal(await page.evaluate(() => sessionStorage.getItem("stack.api-key")), key);
    await portal.close();
  });

  await step("a revoked link says that it has ended", async () => {
    const { keys } = await api("GET", "/v1/keys");
    const id = keys.find((one) => one.name === `Customer on ${screen}`).id;
    await api("DELETE", `/v1/keys/${id}`);
    // Functions keep a key for up to a minute.
    await page.waitForTimeout(62_000);
    const portal = await context.newPage();
    await portal.goto(link);
    await portal.getByRole("heading", { name: "This link has ended" }).waitFor();
    assert.equal(await portal.getByLabel("API key").count(), 0, "a sign-in is offered");
    await portal.close();
  });

  await step("a viewer with config:write is offered project channels, and nothing else", async () => {
    if (isPhone) await button("More").click();
    await button("Sign out").click();
    await signIn(consoleUrl, configKey);
    await page.getByText("It can change project channels, and nothing else.").waitFor();
    await open("/destinations?add=choose");
    await dialog().getByText("Not all kinds are offered.").first().waitFor();
    assert.equal(await dialog().getByRole("button", { name: /^Webhook/ }).count(), 0);
    await dialog().getByRole("button", { name: /Discord/ }).click();
    assert.notEqual(await button("Add destination", dialog()).getAttribute("aria-disabled"), "true");
    await open("/rules");
    await heading("Rules");
    const rule = page.getByRole("button", { name: "New rule" }).first();
    assert.equal(await rule.getAttribute("aria-disabled"), "true");
  });

  await step("an editor is not offered what the API refuses", async () => {
    await open("/");
    await heading("Overview");
    if (isPhone) await button("More").click();
    assert.equal(await page.getByRole("link", { name: "Keys", exact: true }).count(), 0);
    await button("Sign out").click();
    await signIn(consoleUrl, editorKey);
    await open("/destinations?add=choose");
    await dialog().getByRole("button", { name: /^Webhook/ }).first().waitFor();
    assert.equal(await dialog().getByRole("button", { name: /Slack/ }).count(), 0);
    await open("/keys");
    await page.getByText("Only admins manage keys.").waitFor();
  });

  driver.finish();
} finally {
  await driver.close();
}
