// Tables of kernel families.

export { CANDIDATES, TUNING_TABLE } from "./gru/table.js";
export { cooperationProbe } from "./gru/cooperative.js";
