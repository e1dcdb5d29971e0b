/** Ask our server for what a LiveKit client needs to connect: an address and a token. */

import type { Invitation } from "./invitation";

export interface Admission {
  readonly url: string; // ws: or wss:
  readonly token: string;
}

/** Why nobody was let in; each reason has a text of its own. */
export type Refusal = "invitation" | "full" | "busy" | "unreachable";

export class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal);
  }
}

const REFUSALS: Readonly<Record<number, Refusal>> = {
  400: "invitation",
  401: "invitation",
  403: "invitation",
  404: "invitation",
  409: "full",
  422: "invitation",
  429: "busy",
  503: "busy",
};

/** Raises `Refused`. `page` is the address of this page. */
export async function requestAdmission(
  invitation: Invitation,
  name: string,
  page: string,
  fetcher: typeof fetch = fetch,
): Promise<Admission> {
  const request = {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ ...invitation, name }),
  };
  const answer = await fetcher(new URL("/api/v1/rooms/token", page).href, request).catch(() => {
    throw new Refused("unreachable");
  });
  if (!answer.ok) throw new Refused(REFUSALS[answer.status] ?? "unreachable");
  const body: unknown = await answer.json().catch(() => undefined);
  return readAdmission(body, page);
}

function readAdmission(body: unknown, page: string): Admission {
  const { url, token } = (body ?? {}) as { url?: unknown; token?: unknown };
  if (typeof token !== "string" || token === "") throw new Refused("unreachable");
  return { token, url: socketAddress(typeof url === "string" ? url : "", page) };
}

/** A server that names no address is the one that served the page. */
export function socketAddress(url: string, page: string): string {
  const address = url === "" ? new URL(new URL(page).origin) : new URL(url, page);
  address.protocol = address.protocol.replace(/^http/, "ws");
  return address.href;
}
