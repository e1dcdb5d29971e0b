/** Hours of a week as a form has them: fields for several a day, of which some stay empty. */

import { DAYS, type Day, type Hours } from "./calendar";
import { Problem } from "./problem";

/** The names of two fields: when the hours begin, and when they end. */
export function fieldsOfHours(day: Day, n: number): readonly [from: string, to: string] {
  return [`${day}-${n}-from`, `${day}-${n}-to`];
}

/** Those that are filled in. Raises `Problem` for one that lacks its begin or its end. */
export function hoursIn(entered: Readonly<Record<string, string>>): Hours[] {
  return DAYS.flatMap((day) => {
    const found: Hours[] = [];
    for (let n = 0; fieldsOfHours(day, n)[0] in entered; n += 1) {
      const [begins = "", ends = ""] = fieldsOfHours(day, n).map((name) => entered[name]);
      if ((begins === "") !== (ends === "")) throw new Problem(400, "bad_hours");
      if (begins !== "") found.push({ day, begins, ends });
    }
    return found;
  });
}
