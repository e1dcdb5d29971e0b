/** All that the pages say, in English: what stands here decides which texts there are. */

import { calendar } from "./calendar";
import { chart } from "./chart";
import { clinic } from "./clinic";
import { elsewhere } from "./elsewhere";
import { hq } from "./hq";
import { office } from "./office";
import { status } from "./status";
import { visit } from "./visit";

export const en = { ...visit, ...clinic, ...office, ...elsewhere, ...calendar, ...chart, ...hq, ...status } as const;
