import type { KernelSpec } from "../kernels/kernelSpec.js";
import { GruError } from "../errors.js";
import type { DeviceLoss } from "./deviceLoss.js";

/** A kernel on a device. */
export interface CompiledKernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Every kernel of a network, compiled once for its device. */
export class Pipelines {
  readonly #device: GPUDevice;
  readonly #loss: DeviceLoss;
  /** By the kernel's key. */
  readonly #compiled: Map<string, CompiledKernel>;

  private constructor(device: GPUDevice, loss: DeviceLoss, compiled: Map<string, CompiledKernel>) {
    this.#device = device;
    this.#loss = loss;
    this.#compiled = compiled;
  }

  /**
   * Compiles all kernels at the same time, each once.
   *
   * @throws GruError `unsupported` for a kernel that does not compile, `device-lost`
   */
  static async compile(device: GPUDevice, loss: DeviceLoss, kernels: readonly KernelSpec[]): Promise<Pipelines> {
    const unique = new Map(kernels.map((kernel) => [keyOf(kernel), kernel]));
    const compiled = await Promise.all(
      [...unique].map(async ([key, kernel]) => [key, await compileKernel(device, loss, kernel)] as const),
    );
    return new Pipelines(device, loss, new Map(compiled));
  }

  /** Compiles a kernel unless it is there. */
  async add(kernel: KernelSpec): Promise<void> {
    if (this.has(kernel)) return;
    this.#compiled.set(keyOf(kernel), await compileKernel(this.#device, this.#loss, kernel));
  }

  async addAll(kernels: readonly KernelSpec[]): Promise<void> {
    await Promise.all(kernels.map((kernel) => this.add(kernel)));
  }

  has(kernel: KernelSpec): boolean {
    return this.#compiled.has(keyOf(kernel));
  }

  get(kernel: KernelSpec): CompiledKernel {
    return this.#compiled.get(keyOf(kernel))!;
  }
}

/** Kernels of one key are one pipeline: everything that the compiler sees, and the layout. */
function keyOf({ source, entryPoint, constants, bindings }: KernelSpec): string {
  return [entryPoint, JSON.stringify(constants), bindings.join(), source].join("\n");
}

async function compileKernel(device: GPUDevice, loss: DeviceLoss, kernel: KernelSpec): Promise<CompiledKernel> {
  const { label } = kernel;
  const layout = device.createBindGroupLayout({
    label,
    entries: kernel.bindings.map((type, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type, hasDynamicOffset: type === "uniform" },
    })),
  });
  const module = device.createShaderModule({ label, code: kernel.source });
  try {
    const compiling = device.createComputePipelineAsync({
      label,
      layout: device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: kernel.entryPoint, constants: { ...kernel.constants } },
    });
    return { pipeline: await loss.told(compiling), layout };
  } catch (cause) {
    if (cause instanceof GruError) throw cause;
    const { messages } = await loss.told(module.getCompilationInfo());
    const details = messages.map(({ lineNum, linePos, message }) => `\n  ${lineNum}:${linePos} ${message}`);
    throw new GruError("unsupported", `${label}: expected to compile, got ${String(cause)}${details.join("")}`, {
      cause,
    });
  }
}
