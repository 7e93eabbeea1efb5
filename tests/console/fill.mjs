// An account as people have one after a while: destinations of all kinds, one of them broken, rules, events of all sorts,
// and webhooks of Stack Auth. What is made is made by the API, and sent to receivers on this machine.
import { receiver } from "./receiver.mjs";

const PATIENCE = Number(process.env.PATIENCE ?? 120_000);

/** Fills the account of this key; ends once all has been delivered, or has failed for good. */
export async function fill(apiUrl, key) {
  const shop = await receiver();
  const billing = await receiver();
  shop.answer(200);
  billing.answer(503);
  const call = caller(apiUrl, key);
  try {
    const made = await destinations(call, shop.url, billing.url);
    await rules(call, made);
    await endpoints(call, shop.url);
    await events(call);
    await settled(call, made.billing);
    // Now the broken one holds back what comes.
    await call("POST", "/v1/events", { type: "custom.invoice.paid", data: { invoice: 8 } });
    await within("one is held", async () => (await call("GET", "/v1/deliveries?state=held")).deliveries.length > 0);
  } finally {
    shop.close();
    billing.close();
  }
}

function caller(apiUrl, key) {
  return async (method, path, body, headers = {}) => {
    const all = { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers };
    const answer = await fetch(apiUrl + path, { method, headers: all, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status} ${text}`);
    return JSON.parse(text);
  };
}

async function destinations(call, shopUrl, billingUrl) {
  const add = (channel_type, destination) =>
    call("POST", "/v1/notifications/destinations", { channel_type, destination });
  const provider = { kind: "slack", name: "#incidents", config: { webhookUrl: shopUrl.replace("/hooks", "/slack") } };
  const fromPage = { "x-requested-with": "XMLHttpRequest" };
  const slack = await call("POST", "/api/v1/notifications/providers", provider, fromPage);
  await add("sms", "+4915112345678");
  await add("email", "on-call@example.com");
  return {
    shop: (await add("webhook", shopUrl)).id,
    billing: (await add("webhook", billingUrl.replace("shop", "billing"))).id,
    // The account's own address is verified at once.
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
  await add("/api/webhooks/stack", "Keeps the CRM up to date");
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

/** Waits until nothing is on its way any more, and the broken receiver is known to be one. */
async function settled(call, broken) {
  await within("the broken receiver is unhealthy", async () => {
    const { health } = await call("GET", `/v1/notifications/destinations/${broken}`);
    return health.status === "unhealthy";
  });
  await within("all else has arrived", async () => {
    const { totals } = await call("GET", "/v1/overview");
    return totals.pending === 0 && totals.failed === 0 && totals.succeeded > 20;
  });
}

async function within(what, found) {
  const end = Date.now() + PATIENCE;
  while (!(await found())) {
    if (Date.now() > end) throw new Error(`not within ${PATIENCE / 1000} s: ${what}`);
    await new Promise((wait) => setTimeout(wait, 500));
  }
}
