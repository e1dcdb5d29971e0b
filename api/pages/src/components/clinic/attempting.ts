/** An element that asks the server for things, and keeps what was wrong with the last of it. */

import { state } from "lit/decorators.js";

import { explain } from "../../clinic/problem";
import { View } from "../view";

export abstract class Attempting extends View {
  @state() protected failure: string | undefined;

  /** Notes what is wrong, if something is. True when nothing was. */
  protected async attempt(action: () => Promise<unknown>): Promise<boolean> {
    try {
      await action();
      this.failure = undefined;
      return true;
    } catch (error) {
      this.failure = explain(error);
      return false;
    }
  }
}
