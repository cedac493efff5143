import { testMutations } from "./testMutations.js";

testMutations("lib");
