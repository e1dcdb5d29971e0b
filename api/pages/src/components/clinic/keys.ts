/** Keys of other programs: made and shown once, and revoked. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { listKeys, stateOf, type Key, type NewKey } from "../../clinic/house";
import { showMoment } from "../../clinic/when";
import { t, tList } from "../../texts/lookup";
import "../confirm";
import type { Confirm } from "../confirm";
import "./key-form";
import type { KeyForm } from "./key-form";
import "./link-dialog";
import type { LinkDialog } from "./link-dialog";
import { ListView } from "./list-view";

@customElement("hc-keys")
export class Keys extends ListView {
  @state() private keys: readonly Key[] = [];

  protected override async load(): Promise<void> {
    this.keys = await listKeys(this.client, Date.now());
  }

  protected override render(): TemplateResult {
    return html`<section class="section" aria-labelledby="keys-heading">
        <div class="page-head">
          <h2 id="keys-heading" tabindex="-1">${t("keys.heading")}</h2>
          <button
            type="button"
            class="button"
            data-testid="add-key"
            @click=${() => this.querySelector<KeyForm>("hc-key-form")?.show()}
          >
            ${t("keys.add")}
          </button>
        </div>
        <p class="hint">${t("keys.text")}</p>
        ${this.failureNotice()}
        ${this.emptyOr(
          this.keys.length,
          t("keys.none"),
          () =>
            html`<ul class="rows">
              ${repeat(
                this.keys,
                ({ id }) => id,
                (key) => this.#row(key),
              )}
            </ul>`,
        )}
      </section>
      <hc-key-form
        .client=${this.client}
        @made=${(event: CustomEvent<NewKey>) => this.#made(event.detail)}
      ></hc-key-form>
      <hc-link-dialog .announcer=${this.announcer}></hc-link-dialog>
      <hc-confirm></hc-confirm>`;
  }

  #row(key: Key): TemplateResult {
    const { name, scopes } = key;
    const state = stateOf(key, Date.now());
    return html`<li class="row" data-testid="key" data-state=${state}>
      <div class="row-main">
        <h3>${name}</h3>
        <p class="hint">${tList(scopes.map((scope) => t(`permission.${scope}`)))}</p>
        <p class="hint">${timesOf(key)}</p>
      </div>
      <span class="tag ${state === "live" ? "tag-active" : ""}">${t(`keys.${state}`)}</span>
      ${state === "live" ? this.#revokeButton(key) : nothing}
    </li>`;
  }

  #revokeButton(key: Key): TemplateResult {
    return html`<button
      type="button"
      class="button small"
      aria-label=${t("keys.revokeLong", { name: key.name })}
      data-testid="revoke-key"
      @click=${() => this.#revoke(key)}
    >
      ${t("keys.revoke")}
    </button>`;
  }

  async #made({ key, secret }: NewKey): Promise<void> {
    await this.reload();
    await this.querySelector<LinkDialog>("hc-link-dialog")?.show({
      heading: t("keys.secretHeading"),
      text: t("keys.secretText", { name: key.name }),
      value: secret,
      label: t("keys.secret"),
      hint: t("keys.secretHint"),
    });
  }

  async #revoke({ id, name }: Key): Promise<void> {
    const sure = await this.querySelector<Confirm>("hc-confirm")?.ask({
      heading: t("keys.revokeLong", { name }),
      text: t("keys.revokeText"),
      yes: t("keys.revoke"),
    });
    if (sure !== true) return;
    await this.attempt(async () => {
      await this.client.ask("DELETE", `/keys/${id}`);
      await this.load();
      this.announcer.say(t("clinic.saved"));
    });
    await this.keepFocus("#keys-heading");
  }
}

function timesOf({ createdAt, usedAt, expiresAt }: Key): string {
  return [
    t("keys.made", { when: showMoment(createdAt) }),
    usedAt === null ? t("keys.unused") : t("keys.used", { when: showMoment(usedAt) }),
    ...(expiresAt === null ? [] : [t("keys.until", { when: showMoment(expiresAt) })]),
  ].join(" · ");
}
