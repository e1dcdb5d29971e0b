/** Who works here: invite somebody, change a role, sign somebody out, let somebody in no more. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { readProfiles, type Profile } from "../../clinic/hq";
import { listAll } from "../../clinic/house";
import { may, ROLES, type Invited, type Member, type Role } from "../../clinic/people";
import { showLanguage } from "../../clinic/when";
import { t } from "../../texts/lookup";
import "./account";
import "./link-dialog";
import type { LinkDialog } from "./link-dialog";
import { ListView } from "./list-view";
import "./profile-form";
import type { ProfileForm } from "./profile-form";
import "./staff-form";
import type { StaffForm } from "./staff-form";

@customElement("hc-staff")
export class Staff extends ListView {
  @state() private members: readonly Member[] = [];
  @state() private profiles: ReadonlyMap<string, Profile> = new Map();

  protected override async load(): Promise<void> {
    this.members = await listAll<Member>(this.client, "/staff");
    this.profiles = await readProfiles(this.client);
  }

  protected override render(): TemplateResult {
    return html`<div class="page-head">
        <h1 tabindex="-1">${t("page.staff")}</h1>
        ${this.#mayChange ? this.#inviteButton() : nothing}
      </div>
      ${this.failureNotice()}
      ${this.emptyOr(
        this.members.length,
        t("staff.none"),
        () =>
          html`<ul class="rows">
            ${repeat(
              this.members,
              ({ id }) => id,
              (member) => this.#row(member),
            )}
          </ul>`,
      )}
      <hc-staff-form
        .client=${this.client}
        @invited=${(event: CustomEvent<Invited>) => this.#invited(event.detail)}
      ></hc-staff-form>
      <hc-link-dialog .announcer=${this.announcer}></hc-link-dialog>
      <hc-profile-form
        .client=${this.client}
        @described=${(event: CustomEvent<Profile>) => this.#described(event.detail)}
      ></hc-profile-form>
      <hc-account .client=${this.client} .who=${this.who} .announcer=${this.announcer}></hc-account>`;
  }

  get #mayChange(): boolean {
    return may(this.who, "staff.change");
  }

  #inviteButton(): TemplateResult {
    return html`<button
      type="button"
      class="button primary"
      data-testid="invite-staff"
      @click=${() => this.querySelector<StaffForm>("hc-staff-form")?.show()}
    >
      ${t("staff.invite")}
    </button>`;
  }

  #row(member: Member): TemplateResult {
    const state = member.disabled ? "disabled" : member.active ? "active" : "invited";
    return html`<li class="row" data-testid="member" data-state=${state}>
      <div class="row-main">
        <h2>${nameOf(member)}</h2>
        <p class="hint">${member.email ?? ""}</p>
        ${this.#abilities(member)}
      </div>
      <span class="tag tag-${state}">${t(`staff.${state}`)}</span>
      ${this.#mayChange ? this.#actions(member) : html`<span>${t(`role.${member.role}`)}</span>`}
    </li>`;
  }

  #abilities({ id }: Member): TemplateResult | typeof nothing {
    const { languages = [], skills = [] } = this.profiles.get(id) ?? {};
    const told = [...languages.map((tag) => showLanguage(tag)), ...skills];
    if (told.length === 0) return nothing;
    return html`<p class="hint" data-testid="abilities">${told.join(" · ")}</p>`;
  }

  /** Where the plan has a queue for several clinics, which goes by that. */
  #abilitiesButton(member: Member): TemplateResult | typeof nothing {
    const profile = this.profiles.get(member.id);
    if (profile === undefined) return nothing;
    return html`<button
      type="button"
      class="button small"
      ?hidden=${member.disabled}
      aria-label=${t("profile.buttonLong", { name: nameOf(member) })}
      data-testid="abilities-button"
      @click=${() => this.querySelector<ProfileForm>("hc-profile-form")?.show({ ...profile, name: nameOf(member) })}
    >
      ${t("profile.button")}
    </button>`;
  }

  #described(profile: Profile): void {
    this.profiles = new Map(this.profiles).set(profile.staffId, profile);
    this.announcer.say(t("clinic.saved"));
  }

  #actions(member: Member): TemplateResult {
    const own = member.id === this.who.id; // nobody locks themselves out by a slip
    return html`<div class="row-actions">
      <select
        aria-label=${t("staff.roleOf", { name: nameOf(member) })}
        ?disabled=${own}
        data-testid="role-select"
        @change=${(event: Event) => this.#setRole(member, event.target as HTMLSelectElement)}
      >
        ${ROLES.map(
          (role) =>
            html`<option value=${role} ?selected=${role === member.role}>
              ${t(`role.${role}`)}
            </option>`,
        )}
      </select>
      ${this.#abilitiesButton(member)}
      <button
        type="button"
        class="button small"
        ?hidden=${member.disabled}
        aria-label=${t("staff.linkFor", { name: nameOf(member) })}
        data-testid="new-link"
        @click=${() => this.#newLink(member)}
      >
        ${t("staff.link")}
      </button>
      <button
        type="button"
        class="button small"
        ?hidden=${own || member.disabled || !member.active}
        aria-label=${t("staff.signOutLong", { name: nameOf(member) })}
        data-testid="sign-out-member"
        @click=${() => this.#signOut(member)}
      >
        ${t("office.signOut")}
      </button>
      <button
        type="button"
        class="button small"
        ?hidden=${own}
        aria-label=${t(member.disabled ? "staff.enableLong" : "staff.disableLong", {
          name: nameOf(member),
        })}
        data-testid="disable-button"
        @click=${() => this.#change(member, { disabled: !member.disabled })}
      >
        ${t(member.disabled ? "staff.enable" : "staff.disable")}
      </button>
    </div>`;
  }

  async #setRole(member: Member, select: HTMLSelectElement): Promise<void> {
    const done = await this.#change(member, { role: select.value as Role });
    if (!done) select.value = member.role;
  }

  async #change(
    member: Member,
    body: { readonly role?: Role; readonly disabled?: boolean },
  ): Promise<boolean> {
    return this.attempt(async () => {
      const seen = member.version;
      await this.client.ask("PATCH", `/staff/${member.id}`, { body, seen });
      await this.load();
      this.announcer.say(t("clinic.saved"));
    });
  }

  async #signOut(member: Member): Promise<void> {
    await this.attempt(async () => {
      await this.client.ask("DELETE", `/staff/${member.id}/sessions`);
      this.announcer.say(t("clinic.saved"));
    });
  }

  async #newLink(member: Member): Promise<void> {
    await this.attempt(async () => {
      const path = `/staff/${member.id}/links`;
      await this.#showLink(await this.client.ask<Invited>("POST", path));
    });
  }

  async #invited(invited: Invited): Promise<void> {
    await this.reload();
    await this.#showLink(invited);
  }

  async #showLink({ staff, link }: Invited): Promise<void> {
    const text = t("staff.linkText", { name: nameOf(staff) });
    const heading = t("staff.linkHeading");
    await this.querySelector<LinkDialog>("hc-link-dialog")?.show({ link, heading, text });
  }
}

function nameOf(member: Member): string {
  return member.name ?? member.email ?? t("staff.nameless");
}
