// Fills an account with typical data through the API: destinations of several kinds, one of them unhealthy, rules,
// events, and Stack Auth webhooks. The receivers run on this machine.
import { caller } from "./driver.mjs";
import { receiver } from "./receiver.mjs";

const TIMEOUT_MS = Number(process.env.TIMEOUT_MS ?? 120_000);

/** Fills the account of this key. Resolves when every delivery has either succeeded or failed permanently. */
export async function fill(apiUrl, key) {
  const shop = await receiver();
  const billing = await receiver();
  shop.answer(200);
  billing.answer(503);
  const call = caller(apiUrl, key);
  try {
    const created = await destinations(call, shop.url, billing.url);
    await rules(call, created);
    await endpoints(call, shop.url);
    await events(call);
    await settled(call, created.billing);
    // Deliveries to the unhealthy destination are now held.
    await call("POST", "/v1/events", { type: "custom.invoice.paid", data: { invoice: 8 } });
    await within("a delivery is held", async () => (await call("GET", "/v1/deliveries?state=held")).deliveries.length > 0);
  } finally {
    shop.close();
    billing.close();
  }
}

async function destinations(call, shopUrl, billingUrl) {
  const add = (channel_type, destination) =>
    call("POST", "/v1/notifications/destinations", { channel_type, destination });
  const provider = { kind: "slack", name: "#incidents", config: { webhookUrl: shopUrl.replace("/hooks", "/slack") } };
  const headers = { "x-requested-with": "XMLHttpRequest" };
  const slack = await call("POST", "/api/v1/notifications/providers", provider, headers);
  await add("sms", "+4915112345678");
  await add("email", "on-call@example.com");
  return {
    shop: (await add("webhook", shopUrl)).id,
    billing: (await add("webhook", billingUrl.replace("shop", "billing"))).id,
    // The account's own address needs no verification.
    mail: (await add("email", "owner@example.com")).id,
    slack: slack.id ?? slack.data.id,
  };
}

async function rules(call, { shop, billing, mail, slack }) {
  const rule = (destination_ids, events, min_severity) =>
    call("POST", "/v1/notifications/channels", { destination_ids, events, min_severity });
  await rule([shop, slack], ["custom.order.placed", "custom.order.shipped"], "info");
  await rule([mail, slack], ["passport.flagged", "passport.blocked", "passport.missed_checkout"], "critical");
  await rule([billing], ["custom.invoice.paid"], "info");
}

async function endpoints(call, url) {
  const add = (path, description, event_types) =>
    call("POST", "/v1/webhooks/endpoints", { url: url.replace("/hooks/shop", path), description, event_types });
  await add("/api/webhooks/stack", "Updates the CRM");
  await add("/api/audit", "The audit log", ["user.deleted", "team.deleted"]);
}

async function events(call) {
  const flagged = { jti: "ppt_8f2k", agent_id: "agt_42", flags: [{ type: "location", message: "Seen in two countries" }] };
  await call("POST", "/v1/events", {
    events: [
      { type: "custom.invoice.paid", data: { invoice: 7, amount: "129.00", currency: "EUR" } },
      ...Array.from({ length: 12 }, (_, i) => ({ type: "custom.order.placed", severity: "info", data: { order: 1000 + i } })),
      { type: "custom.order.shipped", data: { order: 1003, carrier: "DHL" } },
      { type: "passport.flagged", severity: "critical", data: flagged },
      { type: "user.created", data: { id: "2209422a-eef7-4668-967d-be79409972c5", display_name: "Ada Lovelace" } },
      { type: "team.created", data: { id: "0cd0a4b8-4aa4-4c5e-93c4-5f2b2b6b5a10", display_name: "Analysts" } },
      { type: "user.deleted", data: { id: "2209422a-eef7-4668-967d-be79409972c5" } },
    ],
  });
}

/** Waits until the failing destination is unhealthy and all other deliveries have succeeded. */
async function settled(call, failing) {
  await within("the failing destination is unhealthy", async () => {
    const { health } = await call("GET", `/v1/notifications/destinations/${failing}`);
    return health.status === "unhealthy";
  });
  await within("all other deliveries have succeeded", async () => {
    const { totals } = await call("GET", "/v1/overview");
    return totals.pending === 0 && totals.failed === 0 && totals.succeeded > 20;
  });
}

async function within(expected, check) {
  const end = Date.now() + TIMEOUT_MS;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`timed out after ${TIMEOUT_MS / 1000} s: ${expected}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
