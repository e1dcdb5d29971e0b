/** An element around a form: what was entered, what is wrong with it, and what the server said. */

import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { explain, Problem } from "../clinic/problem";
import { language, t } from "../texts/lookup";
import { notice } from "./notice";
import { View } from "./view";

export type Entered = Readonly<Record<string, string>>;

export abstract class FormView extends View {
  @state() protected busy = false;
  @state() protected failure: string | undefined;
  @state() protected wrong: Entered = {};

  /** Runs `action` with what is in the form, unless a field is not as it must be. */
  protected async submit(
    event: SubmitEvent,
    action: (entered: Entered, form: HTMLFormElement) => Promise<unknown>,
  ): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    this.wrong = invalidIn(form);
    this.failure = undefined;
    if (Object.keys(this.wrong).length > 0) return this.#focusWrong(form);
    if (this.busy) return;
    this.busy = true;
    try {
      await action(enteredIn(form), form);
    } catch (error) {
      this.failure = explain(error);
      if (error instanceof Problem) this.wrong = fieldsOf(error);
      await this.#focusWrong(form);
    } finally {
      this.busy = false;
    }
  }

  protected failureNotice(): TemplateResult | typeof nothing {
    if (this.failure === undefined) return nothing;
    return notice({ tone: "error", text: this.failure, testid: "error-message" });
  }

  protected submitButton(label: string, busyLabel: string): TemplateResult {
    return html`<button
      type="submit"
      class="button primary"
      data-testid="submit-button"
      aria-disabled=${this.busy}
    >
      ${this.busy ? busyLabel : label}
    </button>`;
  }

  async #focusWrong(form: HTMLFormElement): Promise<void> {
    await this.updateComplete;
    form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }
}

/** What the server says of each field is English. */
function fieldsOf({ fields }: Problem): Entered {
  if (language() === "en") return fields;
  return Object.fromEntries(Object.keys(fields).map((name) => [name, t("form.wrong")]));
}

function enteredIn(form: HTMLFormElement): Entered {
  return Object.fromEntries(
    [...new FormData(form)].map(([name, value]) => [name, typeof value === "string" ? value : ""]),
  );
}

/** By name, in the browser's own words, which are in the person's language. */
function invalidIn(form: HTMLFormElement): Entered {
  const inputs = [...form.elements].filter(
    (element) => element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement,
  );
  return Object.fromEntries(
    inputs.filter(({ validity }) => !validity.valid).map((i) => [i.name, i.validationMessage]),
  );
}
