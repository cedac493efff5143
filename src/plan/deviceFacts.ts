/** What a plan needs to know of a device. */
export interface DeviceFacts {
  /** A software adapter: correct, and slower than a plain loop. */
  readonly isFallback: boolean;
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxComputeWorkgroupsPerDimension: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly maxComputeWorkgroupStorageSize: number;
}
