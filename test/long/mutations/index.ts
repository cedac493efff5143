import { carryMutations } from "./carry.js";
import { convMutations } from "./conv.js";
import { gruMutations } from "./gru.js";
import { layerMutations } from "./layers.js";
import { lstmMutations } from "./lstm.js";
import { mapMutations } from "./map.js";
import { normMutations } from "./norm.js";
import { poolMutations } from "./pool.js";
import { recurrenceMutations } from "./recurrence.js";
import { rearrangeMutations } from "./rearrange.js";
import { reduceMutations } from "./reduce.js";
import { recurrentMutations } from "./recurrent.js";
import { rnnMutations } from "./rnn.js";
import { libMutations } from "./lib.js";
import type { Mutation } from "./mutation.js";
import { sampleMutations } from "./sample.js";
import { summaryMutations } from "./summaries.js";
import { topKMutations } from "./topK.js";
import { familyMutations } from "./families.js";

/**
 * Changes of each shader that the tests must notice. A change that no input can tell from the original, or that only a race
 * decides, is not here.
 */
export const mutations: readonly Mutation[] = [
  ...convMutations,
  ...gruMutations,
  ...layerMutations,
  ...lstmMutations,
  ...carryMutations,
  ...mapMutations,
  ...normMutations,
  ...poolMutations,
  ...rearrangeMutations,
  ...reduceMutations,
  ...recurrentMutations,
  ...recurrenceMutations,
  ...rnnMutations,
  ...libMutations,
  ...sampleMutations,
  ...summaryMutations,
  ...topKMutations,
  ...familyMutations,
];
