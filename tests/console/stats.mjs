// Watches states change without a reload: a destination that fails, the rules that it pauses, its figures, and the
// rules that still wait after one of several destinations is verified.
//
//     node stats.mjs API_URL API_KEY SCREEN
//
// Use a new account.
import assert from "node:assert/strict";
import { caller, drive } from "./driver.mjs";
import { receiver } from "./receiver.mjs";

const [apiUrl, key, screen = "desktop"] = process.argv.slice(2);
const api = caller(apiUrl, key);
const driver = await drive({ screen, colorScheme: screen === "desktop" ? "light" : "dark" });
const { page, button, dialog, step, waitFor, signIn } = driver;
const DESTINATIONS = "/v1/notifications/destinations";

const [one, other] = [await receiver(), await receiver()];
const made = [];
for (const { url } of [one, other]) {
  made.push(await api("POST", DESTINATIONS, { channel_type: "webhook", destination: url }));
}
const ids = made.map(({ id }) => id);
await api("POST", "/v1/notifications/channels", { events: ["custom.order"], destination_ids: ids });
const post = (n) => api("POST", "/v1/events", { type: "custom.order", data: { n } });

const visible = (text) => page.getByText(text, { exact: true }).first().isVisible();
const open = (path) => page.evaluate((path) => { location.hash = `#${path}`; }, path);
/** Whether the page was reloaded since the last call of `mark`. */
const mark = () => page.evaluate(() => { window.sameDocument = true; });
const notReloaded = async () =>
  assert(await page.evaluate(() => window.sameDocument === true), "the page was reloaded");
const noOverflow = async () => {
  const [content, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert(content <= width, `the page is ${content} px wide on a screen of ${width} px`);
};

try {
  await signIn(`${apiUrl}/console`, key);

  await step("the figures of a destination appear", async () => {
    await post(1);
    await open(`/destinations/${ids[0]}`);
    await mark();
    await page.getByRole("heading", { level: 2, name: "Traffic" }).waitFor();
    await waitFor("one delivery succeeded", () => page.getByText("100 %").isVisible());
    const table = page.getByRole("table", { name: "Attempts per hour" });
    assert.equal(await table.getByRole("row").count(), 25);
    await noOverflow();
  });

  await step("the period can be changed", async () => {
    await page.getByText("7 d", { exact: true }).click();
    await page.getByRole("table", { name: "Attempts per six hours" }).waitFor({ state: "attached" });
    await page.getByText("24 h", { exact: true }).click();
    await page.getByRole("table", { name: "Attempts per hour" }).waitFor({ state: "attached" });
  });

  await step("a destination that fails becomes unhealthy on the open page, and its rule is paused", async () => {
    await waitFor("it is no longer new", async () => (await visible("Healthy")) && (await visible("Active")));
    one.answer(500);
    other.answer(500);
    await post(2);
    await waitFor("the destination is unhealthy", () => visible("Unhealthy"));
    await waitFor("its rule is paused", () => visible("Paused"));
    await notReloaded();
  });

  await step("the last error links to its delivery", async () => {
    const link = page.getByRole("link", { name: "Show delivery" });
    await waitFor("the error is shown", () => link.isVisible());
    assert((await page.locator(".stats-error").innerText()).includes("500"));
    await link.click();
    await page.getByText("Its destination is unhealthy").waitFor();
    await page.getByRole("link", { name: "Open destination" }).first().click();
    await page.getByRole("heading", { level: 2, name: "Traffic" }).waitFor();
    await notReloaded();
  });

  await step("the rule says that it waits for both destinations", async () => {
    await waitFor("both are unhealthy", async () => {
      const all = await Promise.all(ids.map((id) => api("GET", `${DESTINATIONS}/${id}`)));
      return all.every(({ health }) => health.status === "unhealthy");
    });
    await page.locator('main a[href^="#/rules/nch_"]').first().click();
    await waitFor("the notice names both", async () => {
      const text = await page.locator("main").innerText();
      return text.includes("It resumes when all of them are healthy");
    });
    await notReloaded();
  });

  await step("after one is verified, the dialog and the page say that the rule waits for the other", async () => {
    one.answer(204);
    await open(`/destinations/${ids[0]}`);
    await button("Verify again").click();
    await button("Send test request", dialog()).click();
    await dialog().getByText("is still paused by other destinations").waitFor();
    assert((await dialog().innerText()).includes(other.url));
    await button("Done", dialog()).click();
    await waitFor("the destination is healthy", () => visible("Healthy"));
    await page.getByText("is still paused by other destinations").waitFor();
    await noOverflow();
  });

  await step("once the other is verified too, the notice disappears without a reload", async () => {
    other.answer(204);
    await api("POST", `${DESTINATIONS}/${ids[1]}/verify`, {});
    await waitFor("the rule is active", () => visible("Active"));
    const notice = page.getByText("is still paused by other destinations");
    await waitFor("no rule waits", async () => !(await notice.isVisible()));
    await notReloaded();
  });

  driver.finish();
} finally {
  one.close();
  other.close();
  await driver.close();
}
