// The network's side of the working keys it shares with an acquirer: MACs of messages, and new keys for exchange. All in its own HSM token.
import type { HsmClient } from '../../hsm/client.ts';
import type { KeyUsage, MacAlgorithm } from '../../hsm/port.ts';

/** What the MAC of a message says. */
export type MacVerdict = 'right' | 'wrong' | 'unavailable';

/** A new key, pending in the network's token until the acquirer says that it has it. */
export interface NewKey {
  /** As it goes to the acquirer: usage, check value, B, key block. */
  readonly text: string;
  readonly keyRef: string;
}

/** What a host needs of an HSM for its links. */
export interface NetworkKeys {
  /** True if messages carry a MAC. */
  readonly authenticated: boolean;
  /** X9.143 usage of the MAC key; undefined without MACs. */
  readonly macUsage: string | undefined;
  /** The MAC of data under the key in use; undefined if the HSM cannot. */
  makeMac(data: Buffer): Promise<Buffer | undefined>;
  checkMac(data: Buffer, mac: Buffer): Promise<MacVerdict>;
  /** A new key for a usage; undefined if the usage is not shared or the HSM cannot. */
  newKey(usage: string): Promise<NewKey | undefined>;
  /** The acquirer has the key: it is used from now on, and the one before still verifies for a day. */
  activate(keyRef: string): Promise<boolean>;
}

/** X9.143 usage of the key of each algorithm. */
const usages: Readonly<Record<MacAlgorithm, KeyUsage>> = { cbc: 'M1', retail: 'M3', cmac: 'M6', 'hmac-sha256': 'M7' };

/** Names of the keys in the token. */
export interface NetworkKeyNames {
  readonly zpk: string;
  readonly kbpk: string;
  readonly mac: { readonly key: string; readonly algorithm: MacAlgorithm } | undefined;
}

/** How long the version before a new one stays usable: a day, so that an acquirer that missed the exchange has time to ask again. Milliseconds. */
const overlapMs = 86_400_000;

/** Keys by the issuer role of an HSM. */
export class HsmNetworkKeys implements NetworkKeys {
  private readonly hsm: HsmClient;
  private readonly names: NetworkKeyNames;

  constructor(hsm: HsmClient, names: NetworkKeyNames) {
    this.hsm = hsm;
    this.names = names;
  }

  get authenticated(): boolean {
    return this.names.mac !== undefined;
  }

  get macUsage(): string | undefined {
    const { mac } = this.names;
    return mac === undefined ? undefined : usages[mac.algorithm];
  }

  async makeMac(data: Buffer): Promise<Buffer | undefined> {
    const { mac } = this.names;
    if (mac === undefined) return undefined;
    const made = await this.hsm.single.generateMac({ keyRef: mac.key, algorithm: mac.algorithm, data });
    return made.ok ? made.mac : undefined;
  }

  async checkMac(data: Buffer, mac: Buffer): Promise<MacVerdict> {
    const { mac: names } = this.names;
    if (names === undefined) return 'unavailable';
    const { key, algorithm } = names;
    const first = await this.hsm.single.verifyMac({ keyRef: key, algorithm, data, mac });
    if (!first.ok) return 'unavailable';
    if (first.verified) return 'right';
    // Under the key before; or under a new one that has become active meanwhile.
    for (const keyRef of [...(await retiring(this.hsm, key)), key]) {
      const other = await this.hsm.single.verifyMac({ keyRef, algorithm, data, mac });
      if (other.ok && other.verified) return 'right';
    }
    return 'wrong';
  }

  async newKey(usage: string): Promise<NewKey | undefined> {
    const { zpk, mac, kbpk } = this.names;
    const name = usage === 'P0' ? zpk : mac !== undefined && usage === this.macUsage ? mac.key : undefined;
    if (name === undefined) return undefined;
    const made = await this.hsm.single.exportKeyBlock({
      name,
      kbpkRef: kbpk,
      usage: usage as KeyUsage,
      algorithm: usage === 'M7' ? 'HMAC256' : 'TDES2',
      versionId: 'D',
      activation: { state: 'pending' },
    });
    if (!made.ok) return undefined;
    return { text: `${usage}${made.key.kcv}B${made.keyBlock}`, keyRef: `${made.key.name}@${made.key.version}` };
  }

  async activate(keyRef: string): Promise<boolean> {
    return (await this.hsm.single.activateKey({ keyRef, overlapMs })).ok;
  }
}

/** Versions of a key that still verify and decipher, newest first. */
export async function retiring(hsm: HsmClient, name: string): Promise<string[]> {
  const listed = await hsm.single.listKeys({ name });
  if (!listed.ok) return [];
  return listed.keys
    .filter((key) => key.state === 'retiring')
    .sort((a, b) => b.version - a.version)
    .map((key) => `${key.name}@${key.version}`);
}
