// Messages of the host as bytes: packed, and with a MAC where the network has one (DE64, or DE128 where there are fields beyond 64). What needs no MAC is
// packed at once; the rest comes when the HSM has answered.
import {
  type Dialect,
  formatIso8583Error,
  type Message,
  type MessageInput,
} from '../../acquirer-gateway/iso8583/index.ts';
import type { Log } from '../../common/log.ts';
import type { MacVerdict, NetworkKeys } from './keys.ts';

const emptyMac = Buffer.alloc(8);

/** What the MAC of a received message says. */
export type Seal = MacVerdict | 'missing';

/** Seals and opens the messages of one network. */
export class Sealer {
  readonly authenticated: boolean;
  private readonly dialect: Dialect;
  private readonly keys: NetworkKeys | undefined;
  private readonly log: Log;

  constructor(dialect: Dialect, keys: NetworkKeys | undefined, log: Log) {
    this.dialect = dialect;
    this.keys = keys;
    this.log = log;
    this.authenticated = keys?.authenticated === true;
  }

  /** X9.143 usage of the key of its MACs; undefined where messages have none. */
  get macUsage(): string | undefined {
    return this.keys?.macUsage;
  }

  /** Packs a message and hands its bytes to `done`: at once without a MAC, later with one. `as` plays a fault on the MAC. */
  pack(input: MessageInput, done: (bytes: Buffer) => void, as: 'right' | 'wrong-mac' | 'no-mac' = 'right'): void {
    const { keys } = this;
    const plain = !this.authenticated || keys === undefined || input.mti[1] === '8' || as === 'no-mac';
    const packed = this.dialect.pack(plain ? input : withMacField(input));
    if (!packed.ok) {
      this.log.error({ cause: formatIso8583Error(packed.error) }, 'an answer cannot be packed');
      return;
    }
    const { bytes } = packed;
    const range = packed.macRange;
    if (plain || range === undefined) {
      done(bytes);
      return;
    }
    const data = Buffer.from(bytes.subarray(range.offset, range.offset + range.length));
    void keys.makeMac(data).then((mac) => {
      data.fill(0);
      if (mac === undefined) this.log.error({}, 'an answer has no MAC: the HSM cannot make it');
      else {
        mac.copy(bytes, range.macOffset);
        if (as === 'wrong-mac') bytes[range.macOffset] = (bytes[range.macOffset] ?? 0) ^ 0xff;
        done(bytes);
      }
    });
  }

  /** Checks the MAC of a message. */
  async check(message: Message): Promise<Seal> {
    const range = message.macRange();
    if (range === undefined || this.keys === undefined) return 'missing';
    const data = Buffer.from(message.raw.subarray(range.offset, range.offset + range.length));
    const mac = Buffer.from(message.raw.subarray(range.macOffset, range.macOffset + 8));
    const verdict = await this.keys.checkMac(data, mac);
    data.fill(0);
    return verdict;
  }
}

/** With a field beyond 64 the MAC is the last field, DE128; else DE64. */
function withMacField(input: MessageInput): MessageInput {
  const long = Object.keys(input.fields).some((de) => Number(de) > 64);
  return { mti: input.mti, fields: { ...input.fields, [long ? '128' : '64']: emptyMac } };
}

/** A copy of a message whose MAC is another; undefined if it has none. */
export function withWrongMac(bytes: Buffer, message: Message): Buffer | undefined {
  const range = message.macRange();
  if (range === undefined) return undefined;
  const spoilt = Buffer.from(bytes);
  spoilt[range.macOffset] = (spoilt[range.macOffset] ?? 0) ^ 0xff;
  return spoilt;
}

/** The message without its MAC. */
export function withoutMac({ mti, fields }: MessageInput): MessageInput {
  const { '64': _first, '128': _second, ...others } = fields;
  return { mti, fields: others };
}
