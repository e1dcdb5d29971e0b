/** All that the pages say, in Spanish. */

import type { Catalogue } from "../catalogue";
import { calendar } from "./calendar";
import { chart } from "./chart";
import { clinic } from "./clinic";
import { elsewhere } from "./elsewhere";
import { hq } from "./hq";
import { office } from "./office";
import { status } from "./status";
import { visit } from "./visit";

export const es: Catalogue = { ...visit, ...clinic, ...office, ...elsewhere, ...calendar, ...chart, ...hq, ...status };
