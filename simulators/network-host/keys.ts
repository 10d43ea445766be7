// The network's side of the working keys it shares with an acquirer: MACs of messages, and new keys for exchange. All in its own HSM token.
import type { HsmClient } from '../../hsm/client.ts';
import type { KeyUsage, MacAlgorithm } from '../../hsm/port.ts';

/** What the MAC of a message says. `keyRef` is the version that made it: the answer is made with the same. */
export type MacVerdict =
  | { readonly kind: 'right'; readonly keyRef: string }
  | { readonly kind: 'wrong' | 'unavailable' };

/** What a host needs of an HSM for its links. */
export interface NetworkKeys {
  /** True if messages carry a MAC. */
  readonly authenticated: boolean;
  /** The MAC of data under a version of the key. */
  makeMac(keyRef: string, data: Buffer): Promise<Buffer | undefined>;
  checkMac(data: Buffer, mac: Buffer): Promise<MacVerdict>;
  /** Version of the MAC key in use now. */
  readonly macKey: string;
  /** A new key for a usage, as it goes to the acquirer: usage, check value, B, key block; undefined if the usage is not shared or the HSM cannot. */
  newKey(usage: string): Promise<string | undefined>;
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

  get macKey(): string {
    return this.names.mac?.key ?? '';
  }

  async makeMac(keyRef: string, data: Buffer): Promise<Buffer | undefined> {
    const { mac } = this.names;
    if (mac === undefined) return undefined;
    const made = await this.hsm.single.generateMac({ keyRef, algorithm: mac.algorithm, data });
    if (made.ok) return made.mac;
    // The version that the acquirer used may have retired meanwhile, which only verifies.
    const again = await this.hsm.single.generateMac({ keyRef: mac.key, algorithm: mac.algorithm, data });
    return again.ok ? again.mac : undefined;
  }

  async checkMac(data: Buffer, mac: Buffer): Promise<MacVerdict> {
    const { mac: names } = this.names;
    if (names === undefined) return { kind: 'unavailable' };
    const first = await this.hsm.single.verifyMac({ keyRef: names.key, algorithm: names.algorithm, data, mac });
    if (!first.ok) return { kind: 'unavailable' };
    if (first.verified) return { kind: 'right', keyRef: names.key };
    for (const keyRef of await retiring(this.hsm, names.key)) {
      const older = await this.hsm.single.verifyMac({ keyRef, algorithm: names.algorithm, data, mac });
      if (older.ok && older.verified) return { kind: 'right', keyRef };
    }
    return { kind: 'wrong' };
  }

  async newKey(usage: string): Promise<string | undefined> {
    const { zpk, mac, kbpk } = this.names;
    const name = usage === 'P0' ? zpk : mac !== undefined && usage === usages[mac.algorithm] ? mac.key : undefined;
    if (name === undefined) return undefined;
    const made = await this.hsm.single.exportKeyBlock({
      name,
      kbpkRef: kbpk,
      usage: usage as KeyUsage,
      algorithm: usage === 'M7' ? 'HMAC256' : 'TDES2',
      versionId: 'D',
      activation: { state: 'active', overlapMs },
    });
    return made.ok ? `${usage}${made.key.kcv}B${made.keyBlock}` : undefined;
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
