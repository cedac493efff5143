// The rows of sequences that are there as a whole, after 4 other buffers.

@group(0) @binding(5) var<storage, read> lengths: array<u32>; // [B], the steps of each row
