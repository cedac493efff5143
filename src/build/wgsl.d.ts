// Vite inlines a shader imported with `?raw` as a string.
declare module "*.wgsl?raw" {
  const source: string;
  export default source;
}
