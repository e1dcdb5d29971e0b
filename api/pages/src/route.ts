/** Where the fragment of the page's address leads.
 *
 * All of it stands there: browsers send it to nobody, so no server's log holds a secret or an id.
 */

import { parseInvitation, type Invitation } from "./invitation";

export type Page = "day" | "hq" | "calendar" | "patients" | "staff" | "messages" | "clinic";

export interface Answering {
  readonly to: "answer";
  readonly token: string;
  readonly id: string; // of the visit
  readonly language: string | null; // of the letter that led here
}

export type Route =
  | { readonly to: "room"; readonly invitation: Invitation }
  | { readonly to: "link"; readonly token: string } // somebody's one-time link
  | Answering // to an invitation
  | { readonly to: "page"; readonly page: Page } // for staff
  | { readonly to: "visit"; readonly id: string } // a meeting that one has a part in
  | { readonly to: "start" }
  | { readonly to: "broken" };

const PAGES: readonly Page[] = ["day", "hq", "calendar", "patients", "staff", "messages", "clinic"];
const TOKEN = /^#l=(hcl_[A-Za-z0-9_-]{64})$/;
const ANSWER = /^#a=(hca_[A-Za-z0-9_-]{64})&m=([0-9a-f-]{36})(?:&l=([a-z]{2,3}))?$/;
const VISIT = /^#m=([0-9a-f-]{36})$/; // as the API hands it out (`joinUrl`)

/** Reads `location.hash`. */
export function parseRoute(hash: string): Route {
  if (hash === "" || hash === "#" || hash === "#/") return { to: "start" };
  const token = TOKEN.exec(hash)?.[1];
  if (token !== undefined) return { to: "link", token };
  const [, answer, meeting, language = null] = ANSWER.exec(hash) ?? [];
  if (answer !== undefined && meeting !== undefined) {
    return { to: "answer", token: answer, id: meeting, language };
  }
  const id = VISIT.exec(hash)?.[1];
  if (id !== undefined) return { to: "visit", id };
  const page = PAGES.find((name) => hash === pageHash(name));
  if (page !== undefined) return { to: "page", page };
  const invitation = parseInvitation(hash);
  return invitation === undefined ? { to: "broken" } : { to: "room", invitation };
}

export function pageHash(page: Page): string {
  return `#/${page}`;
}

export function visitHash(id: string): string {
  return `#m=${id}`;
}
