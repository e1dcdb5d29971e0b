/** A dialog that adds somebody who works here to a visit, or hands it over to them. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { listAll } from "../../clinic/house";
import { addColleague, partOf, STAFF_PARTS, type Meeting, type Part } from "../../clinic/meetings";
import type { Member, Role } from "../../clinic/people";
import { t } from "../../texts/lookup";
import { choice } from "../field";
import type { Entered } from "../form-view";
import { DialogForm, type DialogTexts } from "./dialog-form";

// As api/rules/participation.py has it: auditors take part in no visit.
const HOST_PARTS: Readonly<Record<Role, Part | undefined>> = {
  owner: "clinician",
  clinician: "clinician",
  assistant: "assistant",
  auditor: undefined,
};

export interface Added {
  readonly meeting: Meeting;
  readonly name: string;
  readonly handsOver: boolean;
}

/** Tells `added` with an `Added`. */
@customElement("hc-colleague-form")
export class ColleagueForm extends DialogForm {
  @state() private meeting: Meeting | undefined;
  @state() private members: readonly Member[] | undefined;
  @state() private handsOver = false;

  override async show(meeting?: Meeting, handsOver = false): Promise<void> {
    this.meeting = meeting;
    this.handsOver = handsOver;
    this.members = undefined;
    await super.show();
    const all = await listAll<Member>(this.client, "/staff").catch(() => []);
    this.members = all.filter((member) => isFree(member, meeting));
  }

  protected override get texts(): DialogTexts {
    return this.handsOver
      ? { heading: t("visit.handOverLong"), button: t("visit.handOver") }
      : { heading: t("visit.addColleague"), button: t("visit.addColleague") };
  }

  protected override fields(): TemplateResult | typeof nothing {
    const { members, handsOver } = this;
    if (members === undefined) return html`<p aria-busy="true">${t("clinic.asking")}</p>`;
    if (members.length === 0) return html`<p data-testid="empty">${t("visit.noColleague")}</p>`;
    const people = members.map(({ id, name, role }) => ({
      value: id,
      label: `${name ?? ""} (${t(`role.${role}`)})`,
    }));
    const parts = STAFF_PARTS.map((part) => ({ value: part, label: t(`part.${part}`) }));
    return html`${choice({ name: "staff", label: t("visit.colleague") }, people)}
      ${
        handsOver
          ? html`<p class="hint">${t("visit.handOverHint")}</p>`
          : choice(
              { name: "part", label: t("visit.as"), hint: t("visit.asHint"), value: "clinician" },
              parts,
            )
      }`;
  }

  protected override async save({ staff, part }: Entered): Promise<void> {
    const { meeting, handsOver } = this;
    const member = this.members?.find(({ id }) => id === staff);
    if (meeting === undefined || member === undefined) return;
    const role = handsOver ? HOST_PARTS[member.role] : STAFF_PARTS.find((known) => known === part);
    if (role === undefined) return;
    const changed = await addColleague(this.client, meeting, member.id, role);
    this.close();
    this.tell<Added>("added", { meeting: changed, name: member.name ?? "", handsOver });
  }
}

function isFree({ id, role, active, disabled }: Member, meeting: Meeting | undefined): boolean {
  const isThere = meeting !== undefined && partOf(meeting, id) !== undefined;
  return active && !disabled && HOST_PARTS[role] !== undefined && !isThere;
}
