// Working keys of a network, exchanged on its links: the network delivers one of its own accord or when asked; the HSM takes it and checks its value; it is
// used once the network was told so, and the one before still verifies for an overlap. The gateway sees key blocks and cryptograms only.
//
// Both sides keep the new key pending until the acquirer has said that it has it: then each activates it. In between a message may come under the new key
// before its activation is through here: `settled` says when it is (macs.ts waits for it before it calls a code wrong).
import type { Log } from '../../common/log.ts';
import type { KeyUsage, MacAlgorithm, PaymentHsm } from '../../hsm/port.ts';
import { type KeyData, readKeyData } from '../messages/management.ts';

/** Which keys are shared with a network, and what protects new ones on their way. Names in the HSM. */
export interface WorkingKeyOptions {
  /** Key block protection key; absent: no key blocks are taken. */
  readonly kbpk: string | undefined;
  /** Zone master key; absent: no cryptograms are taken. */
  readonly zmk: string | undefined;
  /** How long the key before stays usable to decipher and verify. Milliseconds. */
  readonly overlapMs: number;
}

/** The commands that an exchange needs. */
export type KeyHsm = Pick<PaymentHsm, 'importKeyBlock' | 'importKeyCryptogram' | 'activateKey' | 'listKeys'>;

/** X9.143 usage of the key of each MAC algorithm. */
const macUsages: Readonly<Record<MacAlgorithm, KeyUsage>> = {
  cbc: 'M1',
  retail: 'M3',
  cmac: 'M6',
  'hmac-sha256': 'M7',
};

/** How a delivery ended; `kcv` is the check value as the HSM computed it. `inUse`: it was taken and activated before, and the network repeats itself. */
export type Delivery =
  | {
      readonly ok: true;
      readonly usage: string;
      readonly kcv: string;
      readonly keyRef: string;
      readonly inUse: boolean;
    }
  | { readonly ok: false; readonly cause: string };

/** The working keys of one network. */
export class WorkingKeys {
  private readonly options: WorkingKeyOptions;
  private readonly hsm: KeyHsm;
  private readonly log: Log;
  /** Key name by usage. */
  private readonly names: ReadonlyMap<string, string>;
  private under: Promise<void> = Promise.resolve();
  private readonly waiting = new Map<string, Array<(ok: boolean) => void>>();

  constructor(
    options: WorkingKeyOptions,
    keys: {
      readonly zpk: string | undefined;
      readonly mac: { readonly key: string; readonly algorithm: MacAlgorithm } | undefined;
    },
    hsm: KeyHsm,
    log: Log,
  ) {
    this.options = options;
    this.hsm = hsm;
    this.log = log;
    const names = new Map<string, string>();
    if (keys.zpk !== undefined) names.set('P0', keys.zpk);
    if (keys.mac !== undefined) names.set(macUsages[keys.mac.algorithm], keys.mac.key);
    this.names = names;
  }

  /** Usages of the keys that can be exchanged. */
  get usages(): readonly string[] {
    return [...this.names.keys()];
  }

  /** Takes key data as a link management message carried it. A key that is not ours, or whose check value differs, is refused and nothing changes. */
  async take(text: string): Promise<Delivery> {
    const data = readKeyData(text);
    const delivery: Delivery = data === undefined ? { ok: false, cause: 'malformed key data' } : await this.load(data);
    if (!delivery.ok) this.log.error({ cause: delivery.cause }, 'a working key was not taken');
    return delivery;
  }

  /** Puts a delivered key to use; call it when the network has been told. */
  activate({ usage, kcv, keyRef, inUse }: Extract<Delivery, { ok: true }>): Promise<void> {
    if (inUse) return Promise.resolve();
    const { overlapMs } = this.options;
    const activated = this.hsm.activateKey([{ keyRef, overlapMs }]).then(([result]) => {
      const ok = result?.ok === true;
      if (ok) this.log.info({ usage, kcv }, 'a working key was exchanged');
      else
        this.log.error({ usage, kcv, cause: result?.error.code }, 'a working key was not activated: exchange it again');
      for (const waiter of this.waiting.get(usage) ?? []) waiter(ok);
      this.waiting.delete(usage);
    });
    this.under = Promise.all([this.under, activated]).then(() => undefined);
    return activated;
  }

  /** Resolves when no activation is under way. */
  settled(): Promise<void> {
    return this.under;
  }

  /** Resolves when a key of the usage was delivered and activated: true if all went well. */
  delivered(usage: string): Promise<boolean> {
    return new Promise((resolve) => this.waiting.set(usage, [...(this.waiting.get(usage) ?? []), resolve]));
  }

  /** Nobody waits any more for a key of the usage. */
  forget(usage: string): void {
    for (const waiter of this.waiting.get(usage) ?? []) waiter(false);
    this.waiting.delete(usage);
  }

  private async load({ usage, kcv, form, value }: KeyData): Promise<Delivery> {
    const name = this.names.get(usage);
    const { kbpk, zmk } = this.options;
    if (name === undefined) return { ok: false, cause: `no key of usage ${usage} is shared` };
    const activation = { state: 'pending' } as const;
    if (form === 'block') {
      if (kbpk === undefined) return { ok: false, cause: 'no key block protection key is shared' };
      const item = { name, kbpkRef: kbpk, keyBlock: value, activation, expectedKcv: kcv };
      return this.ended(name, usage, kcv, await this.hsm.importKeyBlock([item]));
    }
    if (zmk === undefined) return { ok: false, cause: 'no zone master key is shared' };
    const cryptogram = Buffer.from(value, 'hex');
    const item = {
      name,
      zmkRef: zmk,
      cryptogram,
      mode: 'ecb',
      usage: usage as KeyUsage,
      expectedKcv: kcv,
      activation,
    } as const;
    return this.ended(name, usage, kcv, await this.hsm.importKeyCryptogram([item]));
  }

  private async ended(
    name: string,
    usage: string,
    kcv: string,
    [result]: Awaited<ReturnType<KeyHsm['importKeyBlock']>>,
  ): Promise<Delivery> {
    if (result?.ok !== true)
      return result?.error.code === 'key_exists'
        ? this.again(name, usage, kcv)
        : { ok: false, cause: result?.error.code ?? 'no answer of the HSM' };
    if (result.key.usage !== usage) return { ok: false, cause: `the key is of usage ${result.key.usage}` };
    const { key } = result;
    return { ok: true, usage, kcv: key.kcv, keyRef: `${key.name}@${key.version}`, inUse: false };
  }

  /** A key that is here already: the network did not hear our answer and repeats itself. It is told yes again, unless the key is on its way out. */
  private async again(name: string, usage: string, kcv: string): Promise<Delivery> {
    const [listed] = await this.hsm.listKeys([{ name }]);
    const keys = listed?.ok === true ? listed.keys : [];
    const key = keys.find((one) => one.kcv === kcv && (one.state === 'active' || one.state === 'pending'));
    if (key === undefined) return { ok: false, cause: 'the key was in use before' };
    return { ok: true, usage, kcv, keyRef: `${name}@${key.version}`, inUse: key.state === 'active' };
  }
}
