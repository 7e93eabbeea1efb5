// Drives the console in a browser: steps that check their result and the accessibility of the page.
import assert from "node:assert/strict";
import { findViolations } from "./accessible.mjs";
import { SCREENS, start } from "./browser.mjs";

/** The timeout of a step. It is long because other tests use the local cloud at the same time. */
const TIMEOUT_MS = Number(process.env.TIMEOUT_MS ?? 60_000);

/** Opens a browser with one page. `finish()` checks that the browser reported no errors; `close()` ends it. */
export async function drive({ screen = "desktop", colorScheme = "light" } = {}) {
  const browser = await start();
  const context = await browser.newContext({ ...SCREENS[screen], colorScheme, reducedMotion: "reduce" });
  context.setDefaultTimeout(TIMEOUT_MS);
  const page = await context.newPage();
  const reported = [];
  page.on("console", (message) => message.type() === "error" && reported.push(message.text()));
  page.on("pageerror", (error) => reported.push(String(error)));

  const button = (name, within = page) => within.getByRole("button", { name, exact: true });
  const go = (name) => page.getByRole("navigation").getByRole("link", { name, exact: true }).click();
  const heading = (name) => page.getByRole("heading", { level: 1, name }).waitFor();
  const dialog = () => page.getByRole("dialog");

  async function step(name, run) {
    try {
      await run();
    } catch (error) {
      const text = await page.locator("body").innerText();
      throw new Error(`${name}: ${error.message}\n\nText of the page:\n${text}`, { cause: error });
    }
    assert.deepEqual(await findViolations(page), [], `${name}: not accessible`);
    console.log(`ok  ${name}`);
  }

  /** Waits until a check passes, without touching the page. */
  async function waitFor(expected, check) {
    const end = Date.now() + TIMEOUT_MS;
    while (!(await check())) {
      assert(Date.now() < end, `timed out after ${TIMEOUT_MS / 1000} s: ${expected}`);
      await page.waitForTimeout(250);
    }
  }

  /** Waits until a check passes, and reloads the page before each new attempt. */
  async function until(expected, check) {
    const end = Date.now() + TIMEOUT_MS;
    while (!(await check())) {
      assert(Date.now() < end, `timed out after ${TIMEOUT_MS / 1000} s: ${expected}`);
      await page.waitForTimeout(500);
      await page.reload();
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForLoadState("networkidle");
    }
  }

  async function signIn(consoleUrl, key) {
    await page.goto(consoleUrl);
    await page.getByLabel("API key").fill(key);
    await button("Sign in").click();
    await heading("Overview");
  }

  /** The browser also reports error answers of the API. Everything else is a bug, such as a violation of the policy. */
  function finish() {
    const unexpected = reported.filter((text) => !text.startsWith("Failed to load resource"));
    assert.deepEqual(unexpected, [], "the browser reported errors");
  }

  return { context, page, button, go, heading, dialog, step, waitFor, until, signIn, finish, close: () => browser.close() };
}

/** Calls the API with a key; throws unless the answer is a success. */
export function caller(apiUrl, key) {
  return async (method, path, body, headers = {}) => {
    const all = { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers };
    const answer = await fetch(apiUrl + path, { method, headers: all, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  };
}
