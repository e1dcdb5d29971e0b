/** All that the pages say, in English: what stands here decides which texts there are. */

import { chart } from "./chart";
import { clinic } from "./clinic";
import { elsewhere } from "./elsewhere";
import { office } from "./office";
import { visit } from "./visit";

export const en = { ...visit, ...clinic, ...office, ...elsewhere, ...chart } as const;
