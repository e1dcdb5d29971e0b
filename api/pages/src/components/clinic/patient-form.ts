/** A dialog with a patient's record: a new one, or one that is changed. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import type { Patient } from "../../clinic/people";
import { t } from "../../texts/lookup";
import { checkbox, field } from "../field";
import type { Entered } from "../form-view";
import { DialogForm, type DialogTexts } from "./dialog-form";

const TEXTS = ["email", "phone", "birthDate", "language", "reference"] as const;

/** Tells `saved` with the `Patient`. */
@customElement("hc-patient-form")
export class PatientForm extends DialogForm {
  @state() private patient: Patient | undefined; // undefined: a new one

  override async show(patient?: Patient): Promise<void> {
    this.patient = patient;
    await super.show();
  }

  protected override get texts(): DialogTexts {
    const isNew = this.patient === undefined;
    return {
      heading: t(isNew ? "patients.add" : "patients.change"),
      button: t("form.save"),
    };
  }

  protected override fields(): TemplateResult | typeof nothing {
    const { patient, wrong } = this;
    return html`${field({
      name: "name",
      label: t("person.name"),
      value: patient?.name ?? "",
      wrong: wrong.name,
      required: true,
    })}
    ${field({
      name: "birthDate",
      label: t("person.birthDate"),
      type: "date",
      hint: t("patients.birthDateHint"),
      value: patient?.birthDate ?? "",
      wrong: wrong.birthDate,
      max: new Date().toISOString().slice(0, 10),
    })}
    ${field({
      name: "email",
      label: t("person.email"),
      type: "email",
      value: patient?.email ?? "",
      wrong: wrong.email,
      maxlength: 254,
    })}
    ${field({
      name: "phone",
      label: t("person.phone"),
      type: "tel",
      value: patient?.phone ?? "",
      wrong: wrong.phone,
      maxlength: 32,
      pattern: "\\+?[0-9 \\(\\)\\/.\\-]+",
    })}
    ${field({
      name: "language",
      label: t("patients.language"),
      hint: t("patients.languageHint"),
      value: patient?.language ?? "",
      wrong: wrong.language,
      maxlength: 35,
      pattern: "[A-Za-z0-9\\-]+",
    })}
    ${field({
      name: "reference",
      label: t("patients.reference"),
      hint: t("patients.referenceHint"),
      value: patient?.reference ?? "",
      wrong: wrong.reference,
    })}
    ${checkbox(
      {
        name: "restricted",
        label: t("patients.restrict"),
        hint: t("patients.restrictHint"),
      },
      patient?.restricted ?? false,
    )}`;
  }

  protected override async save(entered: Entered): Promise<void> {
    const { patient } = this;
    const texts = TEXTS.map((name) => [name, entered[name]?.trim() || null] as const);
    const body = {
      ...Object.fromEntries(texts),
      name: entered.name,
      restricted: entered.restricted === "on",
    };
    const saved =
      patient === undefined
        ? await this.client.ask<Patient>("POST", "/patients", { body })
        : await this.client.ask<Patient>("PATCH", `/patients/${patient.id}`, {
            body,
            seen: patient.version,
          });
    this.close();
    this.tell("saved", saved);
  }
}
