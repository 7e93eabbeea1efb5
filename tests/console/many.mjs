// Shows a long list of deliveries: how long "Show more" takes, and how many rows the document keeps.
//
//     node many.mjs API_URL API_KEY CLICKS
import assert from "node:assert/strict";
import { drive } from "./driver.mjs";

const [apiUrl, key, clicks] = process.argv.slice(2);
const { page, button, step, signIn, waitFor, finish, close } = await drive();
/** The maximum milliseconds for one more page, and for a jump from one end of the list to the other. */
const [MORE_MS, JUMP_MS] = [5000, 1000];
/** Rows near the screen, whatever the length of the list. */
const MAX_ROWS = 800;

try {
  await step("a long list of deliveries stays fast", async () => {
    await signIn(`${apiUrl}/console`, key);
    await page.goto(`${apiUrl}/console/index.html#/deliveries`);
    const table = page.getByRole("table", { name: "Deliveries" });
    await table.waitFor();
    const times = [];
    for (let click = 0; click < Number(clicks); click += 1) {
      const before = await table.evaluate((element) => element.offsetHeight);
      const started = Date.now();
      await button("Show more").click();
      await waitFor("the list grows", () => table.evaluate((element, height) => element.offsetHeight > height, before));
      times.push(Date.now() - started);
    }
    const rows = await table.locator("tr").count();
    const jumps = await page.evaluate(async () => {
      const times = [];
      for (const top of [0, document.body.scrollHeight, 0]) {
        const started = performance.now();
        scrollTo(0, top);
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        times.push(Math.round(performance.now() - started));
      }
      return times;
    });
    console.log({ pages: times.length + 1, first: times[0], last: times.at(-1), longest: Math.max(...times), rows, jumps });
    assert(Math.max(...times) < MORE_MS && Math.max(...jumps) < JUMP_MS, "too slow");
    assert(rows < MAX_ROWS, `${rows} rows are in the document`);
  });
  finish();
} finally {
  await close();
}
