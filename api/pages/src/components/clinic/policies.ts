/** The texts that people agree to being recorded by: all versions, and the next one. */

import { html, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { listVersions, type Version } from "../../clinic/policies";
import { showLanguage, showMoment } from "../../clinic/when";
import { t, tList } from "../../texts/lookup";
import { ListView } from "./list-view";
import "./policy-form";
import type { PolicyForm } from "./policy-form";
import { policyText } from "./policy-text";

@customElement("hc-policies")
export class Policies extends ListView {
  @state() private versions: readonly Version[] = [];

  protected override async load(): Promise<void> {
    this.versions = await listVersions(this.client);
  }

  protected override render(): TemplateResult {
    const [inForce] = this.versions;
    return html`<section class="section" aria-labelledby="policies-heading">
        <div class="page-head">
          <h2 id="policies-heading" tabindex="-1">${t("policies.heading")}</h2>
          <button
            type="button"
            class="button"
            data-testid="new-policy"
            ?disabled=${inForce === undefined}
            @click=${() => this.querySelector<PolicyForm>("hc-policy-form")?.show()}
          >
            ${t("policies.new")}
          </button>
        </div>
        <p class="hint">${t("policies.text")}</p>
        ${this.failureNotice()}
        ${this.emptyOr(
          this.versions.length,
          t("clinic.failed"),
          () => html`<ul class="rows">
            ${this.versions.map((one) => row(one, one === inForce))}
          </ul>`,
        )}
      </section>
      <hc-policy-form
        .client=${this.client}
        .inForce=${inForce}
        @published=${() => this.#published()}
      ></hc-policy-form>`;
  }

  async #published(): Promise<void> {
    await this.reload();
    this.announcer.say(t("policies.published"));
    await this.keepFocus("#policies-heading");
  }
}

function row({ version, publishedAt, texts }: Version, isInForce: boolean): TemplateResult {
  const heading = publishedAt === null ? t("policies.own") : t("policies.version", { version });
  const languages = tList(texts.map(({ language }) => showLanguage(language)));
  const since = publishedAt === null ? [] : [t("policies.since", { when: showMoment(publishedAt) })];
  return html`<li
    class="row"
    data-testid="policy-version"
    data-version=${version}
    data-state=${isInForce ? "in-force" : "over"}
  >
    <div class="row-main">
      <h3>${heading}</h3>
      <p class="hint">${[languages, ...since].join(" · ")}</p>
      <details>
        <summary>${t("policies.read")}</summary>
        ${texts.map(
          (text) => html`<h4>${showLanguage(text.language)}</h4>
            ${policyText(text, version)}`,
        )}
      </details>
    </div>
    ${isInForce ? html`<span class="tag tag-active">${t("policies.inForce")}</span>` : ""}
  </li>`;
}
