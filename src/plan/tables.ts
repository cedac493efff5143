// Tables of kernel families.

export { CANDIDATES, TUNING_TABLE } from "./recurrent/table.js";
export { cooperationProbe } from "./recurrent/cooperative.js";
