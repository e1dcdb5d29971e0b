/** Restricted records: the team that sees them, and the glass in front of all others. */

import type { Client } from "./client";
import type { Role } from "./people";

export interface TeamMember {
  readonly staffId: string;
  readonly name: string | null;
  readonly role: Role;
}

export interface Glass {
  readonly patientId: string;
  readonly expiresAt: string;
}

/** Who somebody in need is: the number, or the whole name and the day of birth (YYYY-MM-DD). */
export type Identified =
  | { readonly name: string; readonly birthDate: string }
  | { readonly reference: string };

export async function readTeam(client: Client, patientId: string): Promise<readonly TeamMember[]> {
  const path = `/patients/${patientId}/team`;
  return (await client.ask<{ items: readonly TeamMember[] }>("GET", path)).items;
}

export async function putOnTeam(client: Client, patientId: string, staffId: string): Promise<void> {
  await client.ask("PUT", `/patients/${patientId}/team/${staffId}`);
}

export async function takeOffTeam(client: Client, patientId: string, staffId: string): Promise<void> {
  await client.ask("DELETE", `/patients/${patientId}/team/${staffId}`);
}

/** The ids of the restricted records that are exactly of this patient. */
export async function findHidden(client: Client, who: Identified): Promise<readonly string[]> {
  const path = "/patients/restricted/search";
  return (await client.ask<{ ids: readonly string[] }>("POST", path, { body: who })).ids;
}

export async function breakGlass(client: Client, patientId: string, reason: string): Promise<Glass> {
  const path = `/patients/${patientId}/break-glass`;
  return client.ask<Glass>("POST", path, { body: { reason } });
}
