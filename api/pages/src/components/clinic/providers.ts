/** Where visits may be besides our own rooms: accounts that are connected, and what comes first. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import {
  beginConnection,
  connectionOf,
  defaultsOf,
  disconnect,
  ELSEWHERE,
  readConferencing,
  setDefault,
  type Capability,
  type Conferencing,
  type Elsewhere,
  type Provider,
} from "../../clinic/conferencing";
import { showMoment } from "../../clinic/when";
import { t } from "../../texts/lookup";
import "../confirm";
import type { Confirm } from "../confirm";
import { choice } from "../field";
import { notice } from "../notice";
import { ListView } from "./list-view";

interface Begun {
  readonly provider: Elsewhere;
  readonly url: string;
}

@customElement("hc-providers")
export class Providers extends ListView {
  @state() private conferencing: Conferencing | undefined;
  @state() private begun: Begun | undefined; // agreed to in another tab
  @state() private unended: Elsewhere | undefined; // still allowed at the provider

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("visibilitychange", this.#seen);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("visibilitychange", this.#seen);
  }

  protected override async load(): Promise<void> {
    this.conferencing = await readConferencing(this.client);
    const { begun } = this;
    const connected = this.conferencing.providers.find((one) => one.provider === begun?.provider);
    if (begun === undefined || connected?.connected !== true) return;
    this.begun = undefined;
    this.announcer.say(t("providers.isConnected", { provider: t(`provider.${begun.provider}`) }));
  }

  protected override render(): TemplateResult {
    return html`<section class="section" aria-labelledby="providers-heading" data-testid="providers">
        <h2 id="providers-heading" tabindex="-1">${t("providers.heading")}</h2>
        ${this.failureNotice()} ${this.#unended()}
        ${this.conferencing === undefined ? nothing : this.#content(this.conferencing)}
      </section>
      <hc-confirm></hc-confirm>`;
  }

  #content(conferencing: Conferencing): TemplateResult {
    const others = conferencing.providers.filter(({ provider }) => provider !== "livekit");
    const isOffered = others.some((one) => one.registered || one.connectedAt !== null);
    if (!isOffered) return html`<p class="hint" data-testid="no-providers">${t("providers.none")}</p>`;
    return html`<p class="hint">${t("providers.text")}</p>
      ${this.#defaultChoice(conferencing)}
      <ul class="rows">
        ${others.map((one) => (isNamed(one.provider) ? this.#row(one, one.provider) : nothing))}
      </ul>`;
  }

  #defaultChoice(conferencing: Conferencing): TemplateResult {
    const value = conferencing.default ?? "livekit";
    const options = defaultsOf(conferencing);
    const told = {
      name: "conferencing",
      label: t("providers.default"),
      hint: t("providers.defaultHint"),
      value,
    };
    return html`<div @change=${(event: Event) => this.#setDefault(event)}>
      ${choice(told, options.map((one) => ({ value: one, label: t(`provider.${one}`) })))}
    </div>`;
  }

  #row(one: Capability, provider: Elsewhere): TemplateResult {
    const { connectedAt } = one;
    const name = t(`provider.${provider}`);
    const is = connectionOf(one);
    const begun = this.begun?.provider === provider ? this.begun : undefined;
    return html`<li class="row" data-testid="provider" data-provider=${provider} data-state=${is}>
      <div class="row-main">
        <h3>${name}</h3>
        ${is === "connected" && connectedAt !== null ? html`<p class="hint">${t("providers.since", { when: showMoment(connectedAt) })}</p>` : nothing}
        ${is === "lost" ? html`<p>${t("trouble.unauthorized", { provider: name })}</p>` : nothing}
        ${begun === undefined ? nothing : agreement(begun, name)}
      </div>
      <span class="tag ${is === "connected" ? "tag-active" : ""}">${t(`connection.${is}`)}</span>
      <div class="row-actions">
        ${is === "lost" || is === "unconnected" ? this.#connectButton(provider, name) : nothing}
        ${connectedAt === null ? nothing : this.#disconnectButton(provider, name)}
      </div>
    </li>`;
  }

  #connectButton(provider: Elsewhere, name: string): TemplateResult {
    return html`<button
      type="button"
      class="button small"
      aria-label=${t("providers.connectLong", { provider: name })}
      data-testid="connect-provider"
      @click=${() => this.#connect(provider)}
    >
      ${t("providers.connect")}
    </button>`;
  }

  #disconnectButton(provider: Elsewhere, name: string): TemplateResult {
    return html`<button
      type="button"
      class="button small"
      aria-label=${t("providers.disconnectLong", { provider: name })}
      data-testid="disconnect-provider"
      @click=${() => this.#disconnect(provider, name)}
    >
      ${t("providers.disconnect")}
    </button>`;
  }

  #unended(): TemplateResult | typeof nothing {
    if (this.unended === undefined) return nothing;
    const text = t("providers.endThere", { provider: t(`provider.${this.unended}`) });
    const dismiss = (): void => void (this.unended = undefined);
    return notice({ tone: "warning", text, testid: "end-there", dismiss });
  }

  async #connect(provider: Elsewhere): Promise<void> {
    const worked = await this.attempt(async () => {
      this.begun = { provider, url: await beginConnection(this.client, provider) };
    });
    if (!worked) return;
    await this.updateComplete;
    this.querySelector<HTMLElement>("[data-testid=agree-link]")?.focus();
  }

  async #disconnect(provider: Elsewhere, name: string): Promise<void> {
    const sure = await this.querySelector<Confirm>("hc-confirm")?.ask({
      heading: t("providers.disconnectLong", { provider: name }),
      text: t("providers.disconnectText"),
      yes: t("providers.disconnect"),
    });
    if (sure !== true) return;
    await this.attempt(async () => {
      const isEnded = await disconnect(this.client, provider);
      this.unended = isEnded ? undefined : provider;
      this.begun = undefined;
      await this.load();
      this.announcer.say(t("clinic.saved"));
    });
    await this.keepFocus("#providers-heading");
  }

  async #setDefault({ target }: Event): Promise<void> {
    if (!(target instanceof HTMLSelectElement)) return;
    await this.attempt(async () => {
      await setDefault(this.client, target.value as Provider);
      await this.load();
      this.announcer.say(t("clinic.saved"));
    });
    // Where that did not work, what is so is shown again.
    target.value = this.conferencing?.default ?? "livekit";
  }

  async #lookAgain(): Promise<void> {
    await this.reload();
    await this.keepFocus("#providers-heading"); // the link is gone
  }

  /** Who comes back from the provider's page sees what has become of it. */
  readonly #seen = (): void => {
    if (!document.hidden && this.begun !== undefined) void this.#lookAgain();
  };
}

/** In a tab of its own: the provider leads to a page that says what has become of it. */
function agreement({ url }: Begun, provider: string): TemplateResult {
  return html`<p>
    ${t("providers.agreeText", { provider })}
    <a href=${url} target="_blank" rel="noopener noreferrer" data-testid="agree-link"
      >${t("providers.agree", { provider })}</a
    >
  </p>`;
}

/** One that this page knows. */
function isNamed(provider: Provider): provider is Elsewhere {
  return ELSEWHERE.some((name) => name === provider);
}
