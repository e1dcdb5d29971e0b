/** How one gets into a visit: by a room's link, or as somebody whom the clinic knows. */

import { requestAdmission, type Admission } from "./admission";
import { invitationLink, type Invitation } from "./invitation";

export interface Entrance {
  /** Raises `Refused`, or an error whose text is for people: `Problem`. */
  admit(name: string): Promise<Admission>;
  readonly name?: string; // known already, so that nobody is asked for it
  readonly host?: string; // whose visit it is
  readonly link?: string; // to hand on
}

/** `page` is the address of this page. */
export function roomEntrance(invitation: Invitation, page: string): Entrance {
  return {
    admit: (name) => requestAdmission(invitation, name, page),
    link: invitationLink(page, invitation),
  };
}
