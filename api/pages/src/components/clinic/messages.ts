/** What goes out by mail and text message: what carries it, and in which words. */

import { html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";

import type { Announcer } from "../../announcer";
import type { Client } from "../../clinic/client";
import type { Who } from "../../clinic/people";
import { t } from "../../texts/lookup";
import { View } from "../view";
import "./carrier";
import "./templates";

@customElement("hc-messages")
export class Messages extends View {
  @property({ attribute: false }) client!: Client;
  @property({ attribute: false }) who!: Who;
  @property({ attribute: false }) announcer!: Announcer;

  protected override render(): TemplateResult {
    const { client, who, announcer } = this;
    return html`<h1 tabindex="-1">${t("page.messages")}</h1>
      <hc-carrier .client=${client} .announcer=${announcer}></hc-carrier>
      <hc-templates .client=${client} .who=${who} .announcer=${announcer}></hc-templates>`;
  }
}
