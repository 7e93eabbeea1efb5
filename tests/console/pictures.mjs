// Visits every page of the console on a desktop and on a phone, in light and dark mode. Checks each page with axe, and
// takes screenshots if a folder is given.
//
//     node pictures.mjs API_URL API_KEY [FOLDER] [DOCUMENTS]
//
// DOCUMENTS is a folder for small pictures of some pages in light mode, for the documentation.
// Use a new account: the script fills it with sample data.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { findViolations } from "./accessible.mjs";
import { SCREENS, start } from "./browser.mjs";
import { caller } from "./driver.mjs";
import { fill } from "./fill.mjs";
import { withPalette } from "./palette.mjs";

/** The pages: a name, an address, and the steps from there. */
const PAGES = [
  ["overview", "/"],
  ["deliveries", "/deliveries"],
  ["deliveries-held", "/deliveries?state=held"],
  ["delivery", "/deliveries?state=abandoned", first("Deliveries")],
  ["delivery-succeeded", "/deliveries?state=succeeded", first("Deliveries")],
  ["recover", "/deliveries", open("Recover")],
  ["resend", "/deliveries?state=held", open("Resend all that match…")],
  ["resume", "/resume"],
  ["deliveries-live", "/deliveries?live=1"],
  ["search", "/", search("custom")],
  ["events", "/events"],
  ["event", "/events?type=passport.flagged", first("Events")],
  ["event-post", "/events", open("Post an event")],
  ["destinations", "/destinations"],
  ["destinations-none", "/destinations?search=nowhere"],
  ["destination", "/destinations", to(/billing/)],
  ["destination-verify", "/destinations", to(/on-call/), open("Verify")],
  ["destination-edit", "/destinations", to(/billing/), open("Edit")],
  ["destination-add", "/destinations?add=choose"],
  ["destination-add-mail-webhook", "/destinations?add=mail_webhook"],
  ["destination-add-webhook", "/destinations?add=webhook"],
  ["destination-add-discord", "/destinations?add=discord"],
  ["rules", "/rules"],
  ["rule", "/rules", to(/custom.invoice.paid/)],
  ["rule-new", "/rules/new"],
  ["webhooks", "/webhooks"],
  ["webhook", "/webhooks", to(/api.webhooks.stack/), open("Reveal")],
  ["webhook-add", "/webhooks", open("Add endpoint")],
  ["keys", "/keys"],
  ["key-new", "/keys", open("New key")],
  ["portal-link-new", "/keys", open("New portal link")],
  ["audit", "/audit"],
  ["catalogue", "/catalogue"],
  ["catalogue-type", "/catalogue?search=passport.flagged", unfold(/passport.flagged/)],
  ["rule-preview", "/rules/new?event=passport.flagged", check(/#incidents/), check(/owner@example.com/)],
  ["delivery-mail", "/deliveries?event_type=passport.flagged", deliveryTo(/owner@example.com/)],
  ["delivery-chat", "/deliveries?event_type=passport.flagged", deliveryTo(/#incidents/)],
  ["no-such-page", "/nowhere"],
];

/** The pages that the documentation shows, at both widths in light mode. */
const DOCUMENTED = [
  "overview", "resume", "destination", "delivery", "delivery-mail", "rule-preview", "catalogue", "keys", "portal",
];

/** A link that opens the console in the colors of a customer. */
const PORTAL = { role: "viewer", theme: { primary: "#0f766e", background: "#f6faf9" } };

/** The maximum size of a picture in the documentation, in bytes. */
const MAX_PICTURE = 60_000;

function first(table) {
  return async (page) => {
    await page.getByRole("table", { name: table }).getByRole("link").first().click();
    await settled(page);
  };
}

function to(name) {
  return async (page) => {
    await page.locator("main").getByRole("link", { name }).first().click();
    await settled(page);
  };
}

function unfold(name) {
  return (page) => page.locator("main summary").filter({ hasText: name }).first().click();
}

function check(name) {
  return async (page) => {
    await page.locator(".rule-fields").getByRole("checkbox", { name }).check();
    // The preview follows shortly after the choice.
    await page.locator(".preview .chat, .preview .mail").first().waitFor();
    await settled(page);
  };
}

function deliveryTo(name) {
  return async (page) => {
    const row = page.getByRole("table", { name: "Deliveries" }).getByRole("row").filter({ hasText: name });
    await row.getByRole("link").first().click();
    await page.locator(".chat, .mail").first().waitFor();
    await settled(page);
  };
}

function open(name) {
  return async (page) => {
    await page.locator("main").getByRole("button", { name }).first().click();
    await settled(page);
  };
}

function search(text) {
  return async (page) => {
    await page.keyboard.press("/");
    await page.getByRole("dialog").getByRole("combobox").fill(text);
    await page.getByRole("option").first().waitFor();
    await settled(page);
  };
}

async function settled(page) {
  await page.waitForLoadState("networkidle");
  await page.getByRole("heading").first().waitFor();
  await page.locator("[aria-busy=true]").waitFor({ state: "detached" });
}

const [apiUrl, key, folder, documents] = process.argv.slice(2);
await fill(apiUrl, key);
for (const path of [folder, documents]) if (path) await mkdir(path, { recursive: true });
const browser = await start();
const problems = [];
try {
  for (const [screen, options] of Object.entries(SCREENS)) {
    for (const colorScheme of ["light", "dark"]) {
      const context = await browser.newContext({ ...options, colorScheme, reducedMotion: "reduce" });
      const page = await context.newPage();
      page.on("dialog", (dialog) => dialog.accept());
      await page.goto(`${apiUrl}/console`);
      await picture(page, `sign-in-${screen}-${colorScheme}`);
      await page.getByLabel("API key").fill(key);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
      for (const [name, address, ...steps] of PAGES) {
        // Load the page again, as for somebody who opens a bookmark. An unsaved form would keep its page.
        await page.goto("about:blank");
        await page.goto(`${apiUrl}/console/index.html#${address}`);
        await settled(page);
        for (const step of steps) await step(page);
        await picture(page, `${name}-${screen}-${colorScheme}`);
        if (documents && colorScheme === "light" && DOCUMENTED.includes(name)) await document(page, `${name}-${screen}`);
      }
      // Last, because the link replaces the sign-in of its tab.
      await page.goto("about:blank");
      const { url } = await caller(apiUrl, key)("POST", "/v1/portal-links", PORTAL);
      // The local cloud has no TLS.
      await page.goto(`${apiUrl}/console/index.html${new URL(url).hash}`);
      await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
      await settled(page);
      await picture(page, `portal-${screen}-${colorScheme}`);
      if (documents && colorScheme === "light") await document(page, `portal-${screen}`);
      await context.close();
    }
  }
} finally {
  await browser.close();
}
assert.deepEqual(problems, [], "some pages have accessibility or layout problems");

/** Writes a picture of what is on the screen for the documentation. */
async function document(page, name) {
  await page.evaluate(() => scrollTo(0, 0));
  const png = withPalette(await page.screenshot({ scale: "css" }));
  if (png.length > MAX_PICTURE) problems.push(`${name}.png has ${png.length} bytes, more than ${MAX_PICTURE}`);
  await writeFile(`${documents}/${name}.png`, png);
}

async function picture(page, name) {
  const violations = await findViolations(page);
  problems.push(...violations.map((violation) => `${name}: ${violation}`));
  const root = page.locator(":root");
  const overflow = await root.evaluate((element) => element.scrollWidth - element.clientWidth);
  if (overflow > 0) problems.push(`${name}: is ${overflow} pixels wider than the screen`);
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  console.log(`${violations.length + (overflow > 0 ? 1 : 0)} problems  ${name}`);
}
