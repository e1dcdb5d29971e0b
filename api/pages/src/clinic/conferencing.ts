/** Visits that take place elsewhere: at which providers, and what is wrong there. */

import type { Client } from "./client";
import type { Meeting } from "./meetings";

export const ELSEWHERE = ["google_meet", "microsoft_teams", "zoom"] as const;
export type Elsewhere = (typeof ELSEWHERE)[number];
export type Provider = "livekit" | Elsewhere; // the first: our own rooms

// As api/rules has them, in `Trouble` and `Lack`.
export const REASONS = [
  "not_connected",
  "unauthorized",
  "rate_limited",
  "refused",
  "gone",
  "broken",
  "garbage",
  "silent",
  "unknown",
  "not_in_plan",
] as const;
export type Reason = (typeof REASONS)[number];

/** How a visit stands with its provider. */
export interface Conference {
  readonly state: "here" | "ready" | "waiting" | "failed" | "gone";
  readonly insteadOf: Provider | null; // where it was to be
  readonly reason: string | null; // a word for what is wrong
  readonly detail: string | null; // the same in the server's words
  readonly retryAt: string | null;
  readonly fallbacks: readonly Provider[]; // where it could go instead, the best first
}

export interface Capability {
  readonly provider: Provider;
  readonly inPlan: boolean;
  readonly registered: boolean; // by the operator, with the provider
  readonly connected: boolean;
  readonly connectedAt: string | null;
  readonly lostAt: string | null; // the provider does not know us any more
  readonly usable: boolean; // a visit can be made there now
}

export interface Conferencing {
  readonly default: Provider | null; // null: our own rooms
  readonly auto: Provider | null; // where a visit goes without a choice; null: nowhere
  readonly providers: readonly Capability[];
}

export type ConnectionState =
  | "connected"
  | "lost"
  | "unconnected"
  | "not_in_plan"
  | "not_registered";

export async function readConferencing(client: Client): Promise<Conferencing> {
  return client.ask<Conferencing>("GET", "/conferencing");
}

/** The address at which to agree, in this browser. Raises `Problem`. */
export async function beginConnection(client: Client, provider: Elsewhere): Promise<string> {
  const path = `/conferencing/${provider}/connection`;
  return (await client.ask<{ url: string }>("POST", path)).url;
}

/** Whether the provider has ended the access too. Raises `Problem`. */
export async function disconnect(client: Client, provider: Elsewhere): Promise<boolean> {
  const path = `/conferencing/${provider}/connection`;
  return (await client.ask<{ revoked: boolean }>("DELETE", path)).revoked;
}

export async function setDefault(client: Client, provider: Provider): Promise<void> {
  const conferencing = provider === "livekit" ? null : provider;
  await client.ask("PATCH", "/workspace", { body: { conferencing } });
}

/** To another place, or once more to the same one. */
export async function moveElsewhere(
  client: Client,
  { id, version }: Meeting,
  conferencing: Provider,
): Promise<Meeting> {
  const body = { conferencing };
  return client.ask<Meeting>("PATCH", `/meetings/${id}`, { body, seen: version });
}

/** What stands in the way comes before what would come next. */
export function connectionOf(one: Capability): ConnectionState {
  if (!one.registered) return "not_registered";
  if (!one.inPlan) return "not_in_plan";
  if (one.lostAt !== null) return "lost";
  return one.connected ? "connected" : "unconnected";
}

/** Between which places there is a choice: none where there is but one. */
export function choicesOf({ providers }: Conferencing): readonly Provider[] {
  const usable = providers.filter(({ usable: is }) => is).map(({ provider }) => provider);
  return usable.length > 1 ? usable : [];
}

/** What the workspace may say first: what can be had, and what it says now. */
export function defaultsOf({ providers, default: set }: Conferencing): readonly Provider[] {
  return providers
    .filter(({ provider, usable }) => usable || provider === (set ?? "livekit"))
    .map(({ provider }) => provider);
}

export function isElsewhere({ provider }: Pick<Meeting, "provider">): boolean {
  return provider !== "livekit";
}

/** Where people join it, if it is elsewhere and its provider has said so. */
export function addressOf({ provider, joinUrl }: Pick<Meeting, "provider" | "joinUrl">):
  | string
  | undefined {
  return provider !== "livekit" && joinUrl?.startsWith("https://") === true ? joinUrl : undefined;
}

export function isReason(word: string | null): word is Reason {
  return REASONS.some((reason) => reason === word);
}
