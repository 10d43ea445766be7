// Message authentication on a network's links: DE64, or DE128 where there are fields beyond 64, over every byte before it (ISO 8583:1987, 4.3.33).
// The codec says where the bytes lie, the HSM makes and checks the code.
import { Batcher } from '../../common/batcher.ts';
import type { Clock } from '../../common/clock.ts';
import { batchItemsMax } from '../../common/limits.ts';
import type { HsmResult, MacAlgorithm, PaymentHsm } from '../../hsm/port.ts';
import type { Message, MessageInput } from '../iso8583/index.ts';

/** How messages of a network are authenticated. */
export interface MacOptions {
  /** Key in the HSM, without a version: the active one makes codes, those that retire still check them. */
  readonly key: string;
  readonly algorithm: MacAlgorithm;
  /** ISO 9797-1 padding method for `cbc` and `retail`. */
  readonly padding: 1 | 2;
}

/** What the code of a received message says. */
export type MacVerdict = 'right' | 'wrong' | 'missing' | 'unavailable';

/** The commands that authentication needs. */
export type MacHsm = Pick<PaymentHsm, 'generateMac' | 'verifyMac' | 'listKeys'>;

const macBytes = 8;
const emptyMac = Buffer.alloc(macBytes);

/** HSM frames under way, as for cards (gateway.ts). */
const batchesInFlightMax = 4;

/** How long the list of retiring versions is believed: a key exchange is rare, a flood of wrong codes must not become one of questions. Milliseconds. */
const retiringMs = 1_000;

interface Making {
  readonly data: Buffer;
  readonly done: (mac: Buffer | undefined) => void;
}

interface Checking {
  readonly data: Buffer;
  readonly mac: Buffer;
  readonly done: (verdict: MacVerdict) => void;
}

/** Makes and checks the codes of one network. */
export class Macs {
  private readonly options: MacOptions;
  private readonly hsm: MacHsm;
  private readonly clock: Clock;
  private readonly settled: () => Promise<void>;
  private readonly making: Batcher<Making>;
  private readonly checking: Batcher<Checking>;
  private retiring: readonly string[] = [];
  private retiringAtMs = Number.NEGATIVE_INFINITY;

  /** `settled` resolves when no activation of a new key is under way. */
  constructor(options: MacOptions, hsm: MacHsm, clock: Clock, settled: () => Promise<void>) {
    this.settled = settled;
    this.options = options;
    this.hsm = hsm;
    this.clock = clock;
    const limits = { itemsMax: batchItemsMax, inFlightMax: batchesInFlightMax };
    this.making = new Batcher({ ...limits, run: (items) => this.make(items) });
    this.checking = new Batcher({ ...limits, run: (items) => this.verify(items) });
  }

  /** The message with room for its code. */
  prepare({ mti, fields }: MessageInput): MessageInput {
    let long = false;
    for (const de of Object.keys(fields)) if (Number(de) > 64) long = true;
    return { mti, fields: { ...fields, [long ? '128' : '64']: emptyMac } };
  }

  /** Writes the code into a packed message at `macOffset`; false if the HSM cannot make it. */
  async seal(bytes: Buffer, macOffset: number): Promise<boolean> {
    const data = Buffer.from(bytes.subarray(0, macOffset));
    const mac = await new Promise<Buffer | undefined>((done) => this.making.add({ data, done }));
    data.fill(0);
    return mac !== undefined && mac.copy(bytes, macOffset) === macBytes;
  }

  /** Checks the code of a message whose bytes stay as they are until this resolves. */
  async check(message: Message): Promise<MacVerdict> {
    const range = message.macRange();
    if (range === undefined) return 'missing';
    const data = message.raw.subarray(range.offset, range.offset + range.length);
    const mac = message.raw.subarray(range.macOffset, range.macOffset + macBytes);
    const verdict = await new Promise<MacVerdict>((done) => this.checking.add({ data, mac, done }));
    if (verdict !== 'wrong') return verdict;
    // Under the key before, or under a new one whose activation is just being made.
    await this.settled();
    return (await this.isOther(data, mac)) ? 'right' : 'wrong';
  }

  /** A new key is in use: the list of those that retire is asked for again. */
  exchanged(): void {
    this.retiringAtMs = Number.NEGATIVE_INFINITY;
  }

  private item(data: Buffer, keyRef = this.options.key) {
    const { algorithm, padding } = this.options;
    return { keyRef, algorithm, padding, data, macBytes };
  }

  private async make(items: Making[]): Promise<void> {
    const results = await answered(this.hsm.generateMac(items.map(({ data }) => this.item(data))));
    items.forEach(({ done }, index) => {
      const result = results[index];
      done(result?.ok === true ? result.mac : undefined);
    });
  }

  private async verify(items: Checking[]): Promise<void> {
    const results = await answered(this.hsm.verifyMac(items.map(({ data, mac }) => ({ ...this.item(data), mac }))));
    items.forEach(({ done }, index) => {
      const result = results[index];
      done(result?.ok !== true ? 'unavailable' : result.verified ? 'right' : 'wrong');
    });
  }

  /** The versions that retire, and once more the active one: it may have become active meanwhile. */
  private async isOther(data: Buffer, mac: Buffer): Promise<boolean> {
    const refs = [...(await this.older()), this.options.key];
    const results = await answered(this.hsm.verifyMac(refs.map((ref) => ({ ...this.item(data, ref), mac }))));
    return results.some((result) => result.ok && result.verified);
  }

  private async older(): Promise<readonly string[]> {
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.retiringAtMs < retiringMs) return this.retiring;
    const [listed] = await answered(this.hsm.listKeys([{ name: this.options.key }]));
    this.retiringAtMs = nowMs;
    if (listed?.ok === true)
      this.retiring = listed.keys.filter((key) => key.state === 'retiring').map((key) => `${key.name}@${key.version}`);
    return this.retiring;
  }
}

/** The port does not reject; if it does, nothing was made or checked. */
async function answered<T>(call: Promise<HsmResult<T>[]>): Promise<HsmResult<T>[]> {
  try {
    return await call;
  } catch {
    return [];
  }
}
