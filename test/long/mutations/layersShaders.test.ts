import { testMutations } from "./testMutations.js";

testMutations("layers");
