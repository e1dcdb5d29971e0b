/** A dialog that hands a clinic's text messages to a carrier of its own. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { CARRIERS, enterCarrier, type Carrier, type CarrierKind } from "../../clinic/templates";
import { t } from "../../texts/lookup";
import { choice, field, paragraph } from "../field";
import type { Entered } from "../form-view";
import { DialogForm, type DialogTexts } from "./dialog-form";

const SECRET = { minlength: 16, type: "password", autocomplete: "off", required: true } as const;

/** Tells `entered` with the `Carrier`. */
@customElement("hc-carrier-form")
export class CarrierForm extends DialogForm {
  @state() private known: Carrier | undefined; // the clinic's own so far
  @state() private kind: CarrierKind = "twilio";

  override async show(known?: Carrier): Promise<void> {
    this.known = known?.own === true ? known : undefined;
    this.kind = CARRIERS.find((one) => one === this.known?.provider) ?? "twilio";
    await super.show();
  }

  protected override get texts(): DialogTexts {
    return { heading: t("carrier.own"), button: t("carrier.enter") };
  }

  protected override fields(): TemplateResult | typeof nothing {
    const { kind, known, wrong } = this;
    const kinds = CARRIERS.map((value) => ({ value, label: t(`carrier.${value}`) }));
    const [account, sender, url] = [known?.account ?? "", known?.sender ?? "", known?.url ?? ""];
    return html`<div @change=${(event: Event) => this.#choose(event.target as HTMLSelectElement)}>
        ${choice({ name: "provider", label: t("carrier.provider"), value: kind }, kinds)}
      </div>
      ${
        kind === "webhook"
          ? field({ name: "url", label: t("carrier.url"), value: url, wrong: wrong.url, required: true, maxlength: 500, pattern: "https://.+", hint: t("carrier.urlHint") })
          : field({ name: "account", label: t(`carrier.account.${kind}`), value: account, wrong: wrong.account, required: true, maxlength: 64 })
      }
      ${field({ name: "sender", label: t("carrier.sender"), value: sender, wrong: wrong.sender, required: true, hint: t("carrier.senderHint") })}
      ${field({ ...SECRET, name: "secret", label: t(`carrier.secret.${kind}`), wrong: wrong.secret, hint: t("carrier.secretHint") })}
      ${kind === "vonage" ? paragraph({ name: "privateKey", label: t("carrier.key"), wrong: wrong.privateKey, required: true, maxlength: 10_000, hint: t("carrier.keyHint") }) : nothing}`;
  }

  #choose({ value }: HTMLSelectElement): void {
    this.kind = CARRIERS.find((one) => one === value) ?? this.kind;
  }

  protected override async save({ sender = "", secret = "", account, privateKey, url }: Entered): Promise<void> {
    const carrier = await enterCarrier(this.client, {
      provider: this.kind,
      sender,
      secret,
      account: account?.trim() || null,
      privateKey: privateKey?.trim() || null,
      url: url?.trim() || null,
    });
    this.close();
    this.tell<Carrier>("entered", carrier);
  }
}
