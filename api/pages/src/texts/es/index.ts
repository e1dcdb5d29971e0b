/** All that the pages say, in Spanish. */

import type { Catalogue } from "../catalogue";
import { calendar } from "./calendar";
import { clinic } from "./clinic";
import { elsewhere } from "./elsewhere";
import { office } from "./office";
import { visit } from "./visit";

export const es: Catalogue = { ...visit, ...clinic, ...office, ...elsewhere, ...calendar };
