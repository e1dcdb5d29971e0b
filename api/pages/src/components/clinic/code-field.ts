/** The field for the six digits that an authenticator shows. */

import type { TemplateResult } from "lit";

import { t } from "../../texts/lookup";
import { field } from "../field";

export function codeField(wrong: string | undefined): TemplateResult {
  return field({
    name: "code",
    label: t("person.code"),
    hint: t("person.codeHint"),
    wrong,
    autocomplete: "one-time-code",
    inputmode: "numeric",
    required: true,
    maxlength: 6,
    pattern: "[0-9]{6}",
  });
}
