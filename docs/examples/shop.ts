// A shop's server that reports to Tributary and listens to it: TypeScript, with nothing but what Node has.
//
//   TRIBUTARY_URL=https://pay.example.com TRIBUTARY_API_KEY=trib_live_… node shop.ts CLICK_ID
//
// Node 22.18 and later runs it as it is; an older one after `esbuild shop.ts --format=esm --outfile=shop.mjs`.
// Instead of `report` you may use the official SDK of Refport, with `baseUrl` set to your server.

import { createHmac, timingSafeEqual } from "node:crypto";

interface Customer {
  /** Your own id of the customer: the same at sign-up and at each purchase. */
  externalId: string;
  email?: string;
}

interface Purchase {
  /** In the smallest unit: cents. */
  amount: number;
  currency: string;
  /** Yours. The same one again is the same sale. */
  invoiceId: string;
}

interface Sale {
  id: string;
  commissionAmount: number;
  status: string;
}

class TributaryError extends Error {
  status: number;
  code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const url: string = process.env.TRIBUTARY_URL ?? "http://127.0.0.1:8080";
const key: string = process.env.TRIBUTARY_API_KEY ?? "";

async function post<T>(path: string, body: object): Promise<T> {
  const answer = await fetch(url + path, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  const json = await answer.json();
  if (!answer.ok) {
    throw new TributaryError(answer.status, json.error.code, json.error.message);
  }
  return json as T;
}

/** The click that brought a visitor: `/script.js` or `refport-js` keeps it in this cookie. */
export function clickOf(cookies: string | undefined): string | null {
  const found = /(?:^|;\s*)refp_id=([^;]+)/.exec(cookies ?? "");
  return found ? found[1] : null;
}

/** Somebody has signed up. */
export async function reportLead(clickId: string, customer: Customer): Promise<void> {
  await post("/api/track/lead", {
    clickId,
    eventName: "Sign up",
    customerExternalId: customer.externalId,
    customerEmail: customer.email,
  });
}

/** Somebody has paid. `null` where this invoice is known already: reporting it twice does no harm. */
export async function reportSale(clickId: string, customer: Customer, purchase: Purchase): Promise<Sale | null> {
  try {
    const answer = await post<{ sale: Sale }>("/api/track/sale", {
      clickId,
      customerExternalId: customer.externalId,
      customerEmail: customer.email,
      ...purchase,
    });
    return answer.sale;
  } catch (error) {
    if (error instanceof TributaryError && error.code === "DUPLICATE_INVOICE") {
      return null;
    }
    throw error;
  }
}

/** A token that shows a partner's portal in a page of yours; make one for each page load. */
export async function portalToken(email: string): Promise<string> {
  const answer = await post<{ publicToken: string }>("/api/embed/token", { partner: { email } });
  return answer.publicToken;
}

/** Whether a webhook is Tributary's, and of now. `body` must be the bytes as they came. */
export function isGenuine(headers: Record<string, string>, body: string, secret: string, now = Date.now()): boolean {
  const at = Number(headers["webhook-timestamp"]);
  if (!(Math.abs(now / 1000 - at) < 300)) {
    return false;
  }
  const bytes = Buffer.from(secret.replace("whsec_", ""), "base64");
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const expected = createHmac("sha256", bytes).update(signed).digest();
  return (headers["webhook-signature"] ?? "").split(" ").some((one: string) => {
    const given = Buffer.from(one.replace("v1,", ""), "base64");
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

async function main(clickId: string): Promise<void> {
  const customer: Customer = { externalId: "user_1", email: "buyer@example.com" };
  await reportLead(clickId, customer);
  const purchase: Purchase = { amount: 4900, currency: "usd", invoiceId: "order_1" };
  const sale = await reportSale(clickId, customer, purchase);
  const again = await reportSale(clickId, customer, purchase);
  const token = await portalToken("alice@partners.example.com");
  console.log(JSON.stringify({ sale, again, token }));
}

if (process.argv[2]) {
  await main(process.argv[2]);
}
