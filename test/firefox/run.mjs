// `npm run firefox`.

import { runProgram } from "../runProgram.mjs";

await runProgram("firefox/main.ts");
