// `npm run conformance`.

import { runProgram } from "../runProgram.mjs";

await runProgram("conformance/main.ts");
