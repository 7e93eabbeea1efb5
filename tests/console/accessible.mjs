// Checks the accessibility of a page with axe.
import { AxeBuilder } from "@axe-core/playwright";

/** The serious and critical violations on a page, each with its elements. */
export async function findViolations(page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return serious.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ target }) => target.join(" ")).join(", ")})`);
}
