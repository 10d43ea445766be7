/** What the host counted since it started. */
export interface HostCounts {
  received: number;
  booked: number;
  repeated: number;
  contradictions: number;
  refused: number;
  faults: number;
  connections: number;
}

/** Before anything came. */
export function noCounts(): HostCounts {
  return { received: 0, booked: 0, repeated: 0, contradictions: 0, refused: 0, faults: 0, connections: 0 };
}
