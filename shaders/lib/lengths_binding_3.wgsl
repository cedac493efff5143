// The rows of sequences that are there as a whole, after 2 other buffers.

@group(0) @binding(3) var<storage, read> lengths: array<u32>; // [B], the steps of each row
