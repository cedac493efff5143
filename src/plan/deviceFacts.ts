/** Facts of a device that plans depend on. */
export interface DeviceFacts {
  /** A software adapter: correct, and slower than the CPU path. */
  readonly isFallback: boolean;
  /** As the browser names it, "nvidia" say; empty where it does not. */
  readonly vendor: string;
  /** Workgroups of gru_cooperative that were seen to run at once; 0 or absent where that is not known. */
  readonly concurrentGroups?: number;
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxComputeWorkgroupsPerDimension: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly maxComputeWorkgroupStorageSize: number;
}
