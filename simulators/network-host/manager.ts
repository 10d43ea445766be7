// Network management at the host: what acquirers ask, and what the network asks of them with trace numbers of its own.
import type { FieldValue, Message, MessageInput } from '../../acquirer-gateway/iso8583/index.ts';
import { type Clock, transmissionTime } from '../../common/clock.ts';
import { plainAnswer } from './answer.ts';
import type { Connection } from './connection.ts';
import type { HostDialect } from './dialect.ts';
import type { NetworkKeys } from './keys.ts';

/** What the network may ask or tell of its own accord. */
export type Asked = 'echo' | 'sign_on' | 'sign_off' | 'cut_over' | 'key_change' | 'advice' | 'unknown';

/** Names for commands and help. */
export const askedNames: readonly Asked[] = [
  'echo',
  'sign_on',
  'sign_off',
  'cut_over',
  'key_change',
  'advice',
  'unknown',
];

/** What became of a message of the network. */
export interface AskedRecord {
  readonly what: Asked;
  readonly stan: string;
  /** DE39 of the answer; empty while there is none. */
  code: string;
  /** A key that waits for the answer; empty for none. */
  readonly keyRef: string;
  readonly connection: AskedPeer;
}

/** What is asked: a connection, or whatever stands for one. */
type AskedPeer = Pick<Connection, 'send' | 'signedOn'>;

/** Times a key is delivered again while its confirmation is missing. */
const repeatsMax = 3;

/** Messages of the network remembered: an operator looks at the last few. */
const recordsMax = 100;

/** What a manager works with. */
export interface ManagerParts {
  readonly dialect: HostDialect;
  readonly keys: NetworkKeys | undefined;
  readonly clock: Clock;
  readonly refused: (verdict: string) => void;
  /** How long the confirmation of a key may take before the key is delivered again. Milliseconds. */
  readonly repeatMs: number;
  /** Trace numbers of its own begin after it; 0 when absent. */
  readonly lastStan?: number;
}

/** Manages the links of one network. */
export class Manager {
  /** The network's own messages, oldest first. */
  readonly asked: AskedRecord[] = [];
  private readonly dialect: HostDialect;
  private readonly keys: NetworkKeys | undefined;
  private readonly clock: Clock;
  private readonly refused: (verdict: string) => void;
  private readonly repeatMs: number;
  private readonly timers = new Set<NodeJS.Timeout>();
  private stan: number;

  constructor(parts: ManagerParts) {
    this.dialect = parts.dialect;
    this.keys = parts.keys;
    this.clock = parts.clock;
    this.refused = parts.refused;
    this.repeatMs = parts.repeatMs;
    this.stan = parts.lastStan ?? 0;
  }

  /** Repeats nothing any more. */
  close(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  /** A message of class 8; `reply` sends its answer. */
  take(connection: Connection, message: Message, reply: (answer: MessageInput) => void): void {
    const { mti } = message;
    const { management } = this.dialect;
    if (mti[2] === '1' || mti[2] === '3') {
      this.answered(message);
      return;
    }
    const code = message.get(management.codeField) ?? '';
    if (code === management.signOn) connection.signedOn = true;
    else if (code === management.signOff) connection.signedOn = false;
    else if (code === management.keyChange && this.keys !== undefined) {
      void this.giveKey(connection, message, reply);
      return;
    } else if (code !== management.echo) {
      this.refused(`DE${management.codeField}: not of this network`);
      reply(plainAnswer(this.dialect, message, this.dialect.codeOf('30', undefined)));
      return;
    }
    reply(plainAnswer(this.dialect, message, management.accepted));
  }

  /** The network asks something of an acquirer. Resolves with its trace number when it is on its way; undefined if there is nothing to ask with. */
  async ask(connection: AskedPeer, what: Asked, usage = 'P0'): Promise<string | undefined> {
    const { management } = this.dialect;
    this.stan = (this.stan % 999_999) + 1;
    const stan = String(this.stan).padStart(6, '0');
    const nowMs = this.clock.nowMs();
    const time = transmissionTime(nowMs);
    const fields: Record<string, FieldValue> = { '7': time, '11': stan };
    if (management.codeField === '24') fields['12'] = String(new Date(nowMs).getUTCFullYear() % 100) + time;
    let keyRef = '';
    if (what === 'key_change') {
      const key = await this.keys?.newKey(usage);
      if (key === undefined) return undefined;
      keyRef = key.keyRef;
      fields[management.keyField] = management.keyBinary ? Buffer.from(key.text, 'latin1') : key.text;
    }
    const version = management.mti[0] ?? '0';
    // An administrative advice (x620), and one of fee collection's class that nobody agreed on, as function 4.
    const mti = what === 'advice' ? `${version}620` : what === 'unknown' ? `${version}740` : management.mti;
    if (what !== 'advice' && what !== 'unknown') fields[management.codeField] = codeOf(this.dialect, what);
    else if (management.codeField === '24') fields['24'] = '680';
    const record: AskedRecord = { what, stan, code: '', keyRef, connection };
    this.remember(record);
    connection.send({ mti, fields } satisfies MessageInput);
    // Without the confirmation the two sides would use different keys: the same message again, as a repeat.
    if (keyRef !== '') this.repeatLater(connection, record, { mti: `${mti.slice(0, 3)}1`, fields }, repeatsMax);
    return stan;
  }

  private repeatLater(connection: AskedPeer, record: AskedRecord, message: MessageInput, left: number): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      if (record.code !== '' || left === 0) return;
      connection.send(message);
      this.repeatLater(connection, record, message, left - 1);
    }, this.repeatMs);
    timer.unref();
    this.timers.add(timer);
  }

  /** True if a message is the answer to one of our own that waits for it. */
  isAsked(message: Message): boolean {
    const stan = message.get('11') ?? '';
    return this.asked.some((one) => one.stan === stan && one.code === '');
  }

  /** An answer to one of our own: by its trace number. */
  answered(message: Message): void {
    const stan = message.get('11') ?? '';
    const record = this.asked.findLast((one) => one.stan === stan && one.code === '');
    if (record === undefined) this.refused('an answer to nothing that was asked');
    else {
      record.code = message.get('39') ?? '';
      if (record.keyRef !== '' && record.code === this.dialect.management.accepted)
        void this.keys?.activate(record.keyRef);
      // A sign-on of ours that the acquirer accepts is as good as its own.
      if (record.what === 'sign_on' && record.code === this.dialect.management.accepted)
        record.connection.signedOn = true;
    }
  }

  private remember(record: AskedRecord): void {
    if (this.asked.length >= recordsMax) this.asked.shift();
    this.asked.push(record);
  }

  /** An acquirer wants a new key of the usage that it names: it is told yes, and the key follows in a request of ours. */
  private async giveKey(
    connection: Connection,
    message: Message,
    reply: (answer: MessageInput) => void,
  ): Promise<void> {
    const { management } = this.dialect;
    const { keyField, keyBinary } = management;
    const usage = keyBinary ? (message.bytes(keyField)?.toString('latin1') ?? '') : (message.get(keyField) ?? '');
    reply(plainAnswer(this.dialect, message, management.accepted));
    const stan = await this.ask(connection, 'key_change', usage);
    if (stan === undefined) this.refused('a key that is not shared was asked for');
  }
}

function codeOf({ management }: HostDialect, what: Exclude<Asked, 'advice' | 'unknown'>): string {
  switch (what) {
    case 'echo':
      return management.echo;
    case 'sign_on':
      return management.signOn;
    case 'sign_off':
      return management.signOff;
    case 'cut_over':
      return management.cutOver;
    case 'key_change':
      return management.keyChange;
    default:
      return what satisfies never;
  }
}
