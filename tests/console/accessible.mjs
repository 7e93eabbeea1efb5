// What axe finds on a page that keeps somebody from using it.
import { AxeBuilder } from "@axe-core/playwright";

/** The faults of a page, each with where it is: those that axe calls serious or worse. */
export async function faults(page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return serious.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ target }) => target.join(" ")).join(", ")})`);
}
