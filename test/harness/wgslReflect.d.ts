// wgsl_reflect's `main` is CommonJS that its own package.json calls a module, and Node refuses it; this file of its loads.
declare module "wgsl_reflect/wgsl_reflect.module.js" {
  export * from "wgsl_reflect";
}
