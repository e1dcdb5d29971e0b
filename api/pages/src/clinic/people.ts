/** People of a clinic, as its API tells of them. */

export type Role = "owner" | "clinician" | "assistant" | "auditor";
export const ROLES: readonly Role[] = ["owner", "clinician", "assistant", "auditor"];

/** Who is signed in, and what they may do. */
export interface Who {
  readonly workspace: string; // by which one names it when signing in
  readonly title: string; // of the workspace
  readonly kind: "staff" | "patient" | "guest" | "key";
  readonly id: string;
  readonly name: string | null;
  readonly role: Role | null;
  readonly permissions: readonly string[];
  readonly language: string | null; // of a patient, BCP 47
}

/** What a link of staff is for, and the secret for an authenticator. */
export interface Opened {
  readonly title: string;
  readonly role: Role;
  readonly email: string | null;
  readonly name: string | null;
  readonly secret: string; // base32
  readonly uri: string; // otpauth:
}

export interface Link {
  readonly url: string;
  readonly expiresAt: string;
}

export interface InvitedGuest {
  readonly guest: { readonly id: string; readonly name: string };
  readonly link: Link;
}

export interface Member {
  readonly id: string;
  readonly email: string | null;
  readonly name: string | null;
  readonly role: Role;
  readonly active: boolean; // has set a password
  readonly disabled: boolean;
  readonly version: number;
}

export interface Invited {
  readonly staff: Member;
  readonly link: Link;
}

export interface Patient {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly birthDate: string | null; // YYYY-MM-DD
  readonly language: string | null; // BCP 47
  readonly reference: string | null; // their number in the clinic's records
  readonly restricted: boolean;
  readonly archived: boolean;
  readonly version: number;
}

export interface Found<Item> {
  readonly items: readonly Item[];
  readonly more: boolean;
}

export interface Listed<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

export function may(who: Who | undefined, permission: string): boolean {
  return who?.permissions.includes(permission) ?? false;
}
