/** All that the pages say, in English: what stands here decides which texts there are. */

import { calendar } from "./calendar";
import { clinic } from "./clinic";
import { elsewhere } from "./elsewhere";
import { office } from "./office";
import { visit } from "./visit";

export const en = { ...visit, ...clinic, ...office, ...elsewhere, ...calendar } as const;
