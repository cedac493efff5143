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
      advance(operation, local_index, 3);
    }
    case GRU_BEFORE: {
      advance_before(operation, local_index);
    }
    case LSTM: {
      advance(operation, local_index, 4);
    }
    case RNN: {
      advance(operation, local_index, 1);
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

// Row `row` of W x + b; of a recurrent layer's all gates.
fn product(operation: Operation, row: u32) -> f32 {
  let sum = dot_row(operation.weight + row_start(row, operation.vec4s), operation.vec4s, operation.source);
  return sum * biases[operation.bias + operation.bias_rows + row] + biases[operation.bias + row];
}

// Row `row` of R h + c of a layer of so many gates, for values from `source` on in place of h.
fn recurrent_product(operation: Operation, num_gates: u32, row: u32, source: u32) -> f32 {
  let unit = row % operation.size;
  let tile = unit / 4 * num_gates + row / operation.size; // see lib/recurrent.wgsl
  let first = row_start(tile * 4 + unit % 4, vec4s(operation.size));
  let sum = dot_row(operation.recurrent_weight + first, vec4s(operation.size), source);
  let bias = operation.recurrent_bias + row;
  return sum * biases[bias + operation.bias_rows] + biases[bias];
}

// A GRU with the reset after, an LSTM or a simple recurrent layer.
fn advance(operation: Operation, local_index: u32, num_gates: u32) {
  current = operation;
  let size = operation.size;
  let h = operation.result;
  let products = GATES + num_gates * size;
  for (var i = local_index; i < num_gates * size; i += WORKGROUP_SIZE) {
    values[GATES + i] = product(operation, i);
    values[products + i] = recurrent_product(operation, num_gates, i, h);
  }
  workgroupBarrier();
  for (var i = local_index; i < size; i += WORKGROUP_SIZE) {
    let x = gates_of(GATES + i, size, num_gates);
    let recurrent = gates_of(products + i, size, num_gates);
    switch operation.kind {
      case LSTM: {
        let cell = h + padded(size) + i;
        let after = step_lstm(x, recurrent, values[cell]);
        values[h + i] = after.x;
        values[cell] = after.y;
      }
      case RNN: {
        values[h + i] = step_rnn(x.x, recurrent.x);
      }
      default: {
        values[h + i] = step_after(x.xyz, recurrent.xyz, values[h + i]);
      }
    }
  }
}

// A unit's gates, whose first is at `start` and the others `size` after each other.
fn gates_of(start: u32, size: u32, num_gates: u32) -> vec4f {
  var gates = vec4f();
  for (var gate = 0u; gate < num_gates; gate++) {
    gates[gate] = values[start + gate * size];
  }
  return gates;
}

fn advance_before(operation: Operation, local_index: u32) {
  current = operation;
  let size = operation.size;
  let gated = GATES + padded(3 * size); // r * h
  for (var i = local_index; i < 3 * size; i += WORKGROUP_SIZE) {
    values[GATES + i] = product(operation, i);
    if (i < 2 * size) {
      values[GATES + i] = gate(values[GATES + i], recurrent_product(operation, 3, i, operation.result));
    }
  }
  workgroupBarrier();
  for (var i = local_index; i < padded(size); i += WORKGROUP_SIZE) {
    values[gated + i] = select(0.0, values[GATES + i] * values[operation.result + i], i < size);
  }
  workgroupBarrier();
  for (var i = local_index; i < size; i += WORKGROUP_SIZE) {
    let z = values[GATES + size + i];
    let recurrent = recurrent_product(operation, 3, 2 * size + i, gated);
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
