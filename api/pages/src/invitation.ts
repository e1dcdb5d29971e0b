/** The invitation in the page's address: `#r=<room>.<secret>`.
 *
 * It stands in the fragment because browsers send that to nobody, so it is in no server's log.
 */

export interface Invitation {
  readonly room: string;
  readonly secret: string;
}

// 128 bits are 22 characters in base64url and 32 in hexadecimal; less than 16 is a cut link.
const SECRET = /^[A-Za-z0-9_-]{16,128}$/;

/** Reads `location.hash`; undefined when it holds no whole invitation. */
export function parseInvitation(hash: string): Invitation | undefined {
  const value = new URLSearchParams(hash.replace(/^#/, "").replaceAll("+", "%2B")).get("r") ?? "";
  const dot = value.lastIndexOf("."); // the room's name may hold dots, the secret cannot
  const room = value.slice(0, Math.max(dot, 0));
  const secret = value.slice(dot + 1);
  return room !== "" && SECRET.test(secret) ? { room, secret } : undefined;
}

/** The link to send to somebody; `page` is the address of this page. */
export function invitationLink(page: string, invitation: Invitation): string {
  const link = new URL(page);
  link.hash = `r=${encodeURIComponent(invitation.room)}.${invitation.secret}`;
  return link.href;
}
