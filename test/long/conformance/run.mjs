// `npm run conformance`.

import { runProgram } from "../../harness/runProgram.mjs";

await runProgram("test/long/conformance/main.ts");
