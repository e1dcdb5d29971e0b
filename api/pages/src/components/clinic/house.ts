/** What is the owner's: settings, where visits are, texts about recordings, keys of other programs, and
 * who broke the glass. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";

import type { Announcer } from "../../announcer";
import type { Client } from "../../clinic/client";
import { may, type Who } from "../../clinic/people";
import { t } from "../../texts/lookup";
import { View } from "../view";
import "./agreements";
import "./glasses";
import "./house-settings";
import "./keys";
import "./policies";
import "./providers";

/** Tells `agreed` when this clinic serves another one, or no longer does. */
@customElement("hc-house")
export class House extends View {
  @property({ attribute: false }) client!: Client;
  @property({ attribute: false }) who!: Who;
  @property({ attribute: false }) announcer!: Announcer;

  protected override render(): TemplateResult {
    const { client, who, announcer } = this;
    const settings = html`<hc-house-settings .client=${client} .announcer=${announcer}></hc-house-settings>`;
    const providers = html`<hc-providers
      .client=${client}
      .who=${who}
      .announcer=${announcer}
    ></hc-providers>`;
    const agreements = html`<hc-agreements
      .client=${client}
      .who=${who}
      .announcer=${announcer}
      @agreed=${() => this.tell("agreed")}
    ></hc-agreements>`;
    const policies = html`<hc-policies
      .client=${client}
      .who=${who}
      .announcer=${announcer}
    ></hc-policies>`;
    const keys = html`<hc-keys .client=${client} .who=${who} .announcer=${announcer}></hc-keys>`;
    const glasses = html`<hc-glasses
      .client=${client}
      .who=${who}
      .announcer=${announcer}
    ></hc-glasses>`;
    return html`<h1 tabindex="-1">${t("page.clinic")}</h1>
      ${may(who, "staff.change") ? html`${settings} ${providers} ${policies} ${agreements}` : nothing}
      ${may(who, "keys.change") ? keys : nothing}
      ${may(who, "audit.read") ? glasses : nothing}`;
  }
}
