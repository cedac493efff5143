// Embedding: index -> row of a table, for every row.
//
//   output[row] = weight[index[row]]
//
// Dispatch [ceil(EMBEDDING_SIZE / 4 / WORKGROUP_SIZE), rows, 1].
// CPU twin: src/reference/embedding.ts

override WORKGROUP_SIZE: u32;
override EMBEDDING_SIZE: u32;

@group(0) @binding(0) var<storage, read> index: array<u32>;          // [rows], each inside the table
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;       // [V, E/4]
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>; // [rows, E/4]

@compute @workgroup_size(WORKGROUP_SIZE)
fn embedding(@builtin(global_invocation_id) global_id: vec3u) {
  let quads = (EMBEDDING_SIZE + 3) / 4;
  let quad = global_id.x;
  if (quad >= quads) {
    return;
  }
  let row = global_id.y;
  output[row * quads + quad] = weight[index[row] * quads + quad];
}
