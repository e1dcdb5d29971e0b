/** The page at `/status`: how the server stands, for everybody who asks. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { Client } from "../clinic/client";
import { explain } from "../clinic/problem";
import { showMoment } from "../clinic/when";
import { Poll } from "../poll";
import { setTitle } from "../speech";
import { adviceOf, readStanding, type PartState, type Standing } from "../status";
import { locale, t } from "../texts/lookup";
import { card } from "./farewell";
import { notice } from "./notice";
import { View } from "./view";

const PAUSE = 20_000; // ms

@customElement("hc-status")
export class StatusPage extends View {
  @state() private standing: Standing | undefined;
  @state() private failure: string | undefined;

  readonly #client = new Client(location.href);
  #poll: Poll | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    setTitle(() => t("page.titled", { page: t("server.heading") }));
    this.#poll = new Poll(() => this.#look(), PAUSE);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#poll?.stop();
  }

  protected override render(): TemplateResult {
    return card(
      html`<h1 tabindex="-1">${t("server.heading")}</h1>
        ${this.failure === undefined ? nothing : notice({ tone: "error", text: this.failure, testid: "error-message" })}
        ${this.standing === undefined ? html`<p class="lead">${t("clinic.asking")}</p>` : shown(this.standing)}`,
    );
  }

  async #look(): Promise<boolean> {
    try {
      this.standing = await readStanding(this.#client);
      this.failure = undefined;
      return true;
    } catch (error) {
      this.failure = explain(error);
      return false;
    }
  }
}

function shown({ status, checkedAt, parts }: Standing): TemplateResult {
  return html`<p class="lead" role="status" data-testid="server-status" data-status=${status}>
      ${t(`server.is.${status}`)}
    </p>
    <ul class="rows">
      ${parts.map(row)}
    </ul>
    ${checkedAt === null ? nothing : html`<p class="hint">${t("server.checked", { when: showMoment(checkedAt) })}</p>`}`;
}

function row(state: PartState): TemplateResult {
  const { part, well, since, share } = state;
  return html`<li class="row" data-testid="server-part" data-part=${part}>
    <div class="row-main">
      <h2>${t(`server.part.${part}`)}</h2>
      <p class="hint">
        ${t(well ? "server.well" : "server.down")}
        ${share === null ? nothing : html`· ${t("server.share", { share: percent(share) })}`}
        ${since === null ? nothing : html`· ${t("server.since", { when: showMoment(since) })}`}
      </p>
      ${well ? nothing : html`<p>${adviceOf(state)}</p>`}
    </div>
  </li>`;
}

function percent(share: number): string {
  const digits = { style: "percent", maximumFractionDigits: 2 } as const;
  return new Intl.NumberFormat(locale(), digits).format(share);
}
