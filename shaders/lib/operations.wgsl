// The operations of network_step.wgsl, whose `values`, `weights` and `biases` they work on. Each is run by a whole
// workgroup; what it gives is there after the next barrier.

fn run(operation: Operation, local_index: u32, time_row: u32) {
  switch operation.kind {
    case EMBEDDING: {
      embed(operation, local_index, input[time_row]);
    }
    case DENSE: {
      for (var i = local_index; i < operation.size; i += WORKGROUP_SIZE) {
        values[operation.result + i] = apply(operation.activation, product(operation, i));
      }
    }
    case GRU_AFTER: {
      advance_after(operation, local_index);
    }
    case GRU_BEFORE: {
      advance_before(operation, local_index);
    }
    case COPY: {
      for (var i = local_index; i < operation.size; i += WORKGROUP_SIZE) {
        values[operation.result + i] = values[operation.source + i];
      }
    }
    default: {
      normalize_row(operation, local_index);
    }
  }
}

fn embed(operation: Operation, local_index: u32, index: u32) {
  for (var i = local_index; i < operation.size; i += WORKGROUP_SIZE) {
    let four = unpack(weights[operation.weight + index * operation.vec4s + i / 4]);
    values[operation.result + i] = four[i % 4] * biases[operation.bias + index];
  }
}

// A row of a weight, whose first vec4 is `first`, times as many values.
fn dot_row(first: u32, num_vec4s: u32, source: u32) -> f32 {
  var sum = 0.0;
  for (var k = 0u; k < num_vec4s; k++) {
    let i = source + 4 * k;
    sum += dot(unpack(weights[first + k * TO_NEXT]), vec4f(values[i], values[i + 1], values[i + 2], values[i + 3]));
  }
  return sum;
}

// Row `row` of W x + b; of a GRU's all gates.
fn product(operation: Operation, row: u32) -> f32 {
  let sum = dot_row(operation.weight + row_start(row, operation.vec4s), operation.vec4s, operation.source);
  return sum * biases[operation.bias + operation.bias_rows + row] + biases[operation.bias + row];
}

// Row `row` of R h + c of a GRU, for values from `source` on in place of h.
fn recurrent_product(operation: Operation, row: u32, source: u32) -> f32 {
  let unit = row % operation.size;
  let first = row_start((unit / 4 * 3 + row / operation.size) * 4 + unit % 4, vec4s(operation.size)); // see lib/recurrent.wgsl
  let sum = dot_row(operation.recurrent_weight + first, vec4s(operation.size), source);
  let bias = operation.recurrent_bias + row;
  return sum * biases[bias + operation.bias_rows] + biases[bias];
}

fn advance_after(operation: Operation, local_index: u32) {
  current = operation;
  let size = operation.size;
  let products = GATES + 3 * size;
  for (var i = local_index; i < 3 * size; i += WORKGROUP_SIZE) {
    values[GATES + i] = product(operation, i);
    values[products + i] = recurrent_product(operation, i, operation.result);
  }
  workgroupBarrier();
  for (var i = local_index; i < size; i += WORKGROUP_SIZE) {
    let x = vec3f(values[GATES + i], values[GATES + size + i], values[GATES + 2 * size + i]);
    let recurrent = vec3f(values[products + i], values[products + size + i], values[products + 2 * size + i]);
    values[operation.result + i] = step_after(x, recurrent, values[operation.result + i]);
  }
}

fn advance_before(operation: Operation, local_index: u32) {
  current = operation;
  let size = operation.size;
  let gated = GATES + padded(3 * size); // r * h
  for (var i = local_index; i < 3 * size; i += WORKGROUP_SIZE) {
    values[GATES + i] = product(operation, i);
    if (i < 2 * size) {
      values[GATES + i] = gate(values[GATES + i], recurrent_product(operation, i, operation.result));
    }
  }
  workgroupBarrier();
  for (var i = local_index; i < padded(size); i += WORKGROUP_SIZE) {
    values[gated + i] = select(0.0, values[GATES + i] * values[operation.result + i], i < size);
  }
  workgroupBarrier();
  for (var i = local_index; i < size; i += WORKGROUP_SIZE) {
    let z = values[GATES + size + i];
    let recurrent = recurrent_product(operation, 2 * size + i, gated);
    values[operation.result + i] = step_before(values[GATES + 2 * size + i], recurrent, z, values[operation.result + i]);
  }
}

// softmax, or its logarithm, of the values where they are. Each invocation adds them all up: they are few.
fn normalize_row(operation: Operation, local_index: u32) {
  var highest = values[operation.result];
  for (var i = 1u; i < operation.size; i++) {
    highest = max(highest, values[operation.result + i]);
  }
  var sum = 0.0;
  for (var i = 0u; i < operation.size; i++) {
    sum += safe_exp(values[operation.result + i] - highest); // NaN where any is, though max need not be
  }
  workgroupBarrier();
  for (var i = local_index; i < operation.size; i += WORKGROUP_SIZE) {
    let x = values[operation.result + i] - highest - safe_log(sum);
    values[operation.result + i] = select(x, safe_exp(x), operation.kind == SOFTMAX);
  }
}
