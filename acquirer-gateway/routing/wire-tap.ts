// Masks what goes over a network's links before anybody remembers it.
import type { Clock } from '../../common/clock.ts';
import { type Dialect, hideStrays, maskedBytes } from '../iso8583/index.ts';
import type { LinkTap } from '../link/options.ts';
import type { Captured, TraceEntry, WireTrace } from '../link/trace.ts';

const nothing = Buffer.alloc(0);

/** The tap of one network. */
export class WireTap implements LinkTap {
  private readonly trace: WireTrace;
  private readonly network: string;
  private readonly dialect: Dialect;
  private readonly clock: Clock;

  constructor(trace: WireTrace, network: string, dialect: Dialect, clock: Clock) {
    this.trace = trace;
    this.network = network;
    this.dialect = dialect;
    this.clock = clock;
  }

  /** A message that is being written or was read. Its bytes are not kept. */
  message(link: string, direction: Captured['direction'], bytes: Buffer): void {
    const { dialect } = this;
    const unpacked = dialect.unpack(bytes);
    // What cannot be read cannot be masked.
    const message = unpacked.ok ? maskedBytes(unpacked.message) : nothing;
    this.trace.add(new Tapped(dialect, this.network, link, direction, this.clock.nowUs(), message, bytes.length));
  }
}

class Tapped implements TraceEntry {
  readonly network: string;
  readonly link: string;
  readonly direction: Captured['direction'];
  readonly atUs: bigint;
  readonly message: Buffer;
  readonly length: number;
  private readonly spoken: Dialect;

  constructor(
    spoken: Dialect,
    network: string,
    link: string,
    direction: Captured['direction'],
    atUs: bigint,
    message: Buffer,
    length: number,
  ) {
    this.spoken = spoken;
    this.network = network;
    this.link = link;
    this.direction = direction;
    this.atUs = atUs;
    this.message = message;
    this.length = length;
  }

  get dialect(): string {
    return this.spoken.name;
  }

  shown(): Captured {
    const { network, link, direction, atUs, length, dialect } = this;
    let message = nothing;
    const unpacked = this.message.length === 0 ? undefined : this.spoken.unpack(this.message, { mode: 'lenient' });
    if (unpacked?.ok === true) {
      message = Buffer.from(this.message);
      hideStrays(unpacked.message, message);
    }
    return { network, link, direction, atUs, length, dialect, message };
  }
}
