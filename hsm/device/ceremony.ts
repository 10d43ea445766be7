// Key ceremonies: components from different operators, XORed here, approved by somebody who gave none. Lives in memory, for a time, and wiped.
import { timingSafeEqual } from 'node:crypto';
import { hsmCeremoniesMax, hsmCeremonyMs } from '../../common/limits.ts';
import { xor } from '../crypto/blocks.ts';
import { kcvAgrees, kcvOfValue } from '../crypto/kcv.ts';
import { HsmFault } from '../errors.ts';
import type { KeyAlgorithm, KeyUsage } from '../port.ts';
import type { DeviceContext, Handlers } from './context.ts';
import { ALGORITHMS, isKeyName, USAGES } from './key-policy.ts';

interface Ceremony {
  readonly name: string;
  readonly usage: KeyUsage;
  readonly algorithm: KeyAlgorithm;
  readonly expected: number;
  readonly components: { readonly operator: string; readonly value: Buffer }[];
  readonly endsAtMs: number;
}

/** begun -> components complete -> completed or expired (both: wiped, gone). */
export class Ceremonies {
  private readonly open = new Map<string, Ceremony>();
  private readonly nowMs: () => number;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  begin(id: string, ceremony: Omit<Ceremony, 'components' | 'endsAtMs'>): void {
    this.expire();
    if (this.open.size >= hsmCeremoniesMax) throw new HsmFault('limit_reached', 'ceremonies');
    this.open.set(id, { ...ceremony, components: [], endsAtMs: this.nowMs() + hsmCeremonyMs });
  }

  /** An absent id is unknown, ended or replayed: all the same answer. */
  get(id: string): Ceremony {
    this.expire();
    const ceremony = this.open.get(id);
    if (ceremony === undefined) throw new HsmFault('ceremony_state', 'no such ceremony is open');
    return ceremony;
  }

  end(id: string): void {
    for (const { value } of this.open.get(id)?.components ?? []) value.fill(0);
    this.open.delete(id);
  }

  clear(): void {
    for (const id of [...this.open.keys()]) this.end(id);
  }

  private expire(): void {
    for (const [id, ceremony] of [...this.open]) {
      if (ceremony.endsAtMs <= this.nowMs()) this.end(id);
    }
  }
}

const COMPONENTS_MIN = 2;
const COMPONENTS_MAX = 3;

function checkPerson(name: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9 ._@-]{1,62}$/.test(name))
    throw new HsmFault('invalid_request', 'a person is named by 2 to 63 letters, digits or . _ @ -');
}

function same(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}

export const ceremonyHandlers: Handlers<'ceremonyBegin' | 'ceremonyComponent' | 'ceremonyComplete' | 'ceremonyAbort'> =
  {
    ceremonyBegin(context: DeviceContext, { name, usage, algorithm, components }) {
      if (!isKeyName(name)) throw new HsmFault('invalid_request', 'the key name');
      if (!USAGES[usage].algorithms.includes(algorithm) || algorithm === 'EC-P256')
        throw new HsmFault('key_usage', `usage ${usage} does not take ${algorithm}`);
      if (components < COMPONENTS_MIN || components > COMPONENTS_MAX)
        throw new HsmFault('invalid_request', 'two or three components');
      const ceremonyId = context.token.random(16).toString('hex');
      context.ceremonies.begin(ceremonyId, { name, usage, algorithm, expected: components });
      return { ceremonyId };
    },

    ceremonyComponent(context, { ceremonyId, operator, component, expectedKcv }) {
      const ceremony = context.ceremonies.get(ceremonyId);
      checkPerson(operator);
      if (ceremony.components.length >= ceremony.expected)
        throw new HsmFault('ceremony_state', 'all components are in');
      if (ceremony.components.some((other) => same(other.operator, operator)))
        throw new HsmFault('not_permitted', 'this operator gave a component already');
      if (component.length !== ALGORITHMS[ceremony.algorithm].bytes)
        throw new HsmFault('invalid_request', 'the component has another length than the key');
      if (component.every((byte) => byte === 0)) throw new HsmFault('invalid_request', 'a component of zeros');
      // Equal components cancel out to zeros: the key would be known.
      if (ceremony.components.some((other) => timingSafeEqual(other.value, component)))
        throw new HsmFault('invalid_request', 'the component was given already');
      const kcv = kcvOfValue(ceremony.algorithm, component);
      if (expectedKcv !== undefined && !kcvAgrees(expectedKcv, kcv))
        throw new HsmFault('kcv_mismatch', 'of the component');
      ceremony.components.push({ operator, value: Buffer.from(component) });
      return { kcv, remaining: ceremony.expected - ceremony.components.length };
    },

    ceremonyComplete(context, { ceremonyId, approver, expectedKcv, activation }) {
      const ceremony = context.ceremonies.get(ceremonyId);
      checkPerson(approver);
      if (ceremony.components.length < ceremony.expected)
        throw new HsmFault('ceremony_state', 'components are missing');
      if (ceremony.components.some((other) => same(other.operator, approver)))
        throw new HsmFault('not_permitted', 'the approver gave a component');
      const { name, usage, algorithm } = ceremony;
      let value: Buffer = Buffer.alloc(ALGORITHMS[algorithm].bytes);
      for (const component of ceremony.components) value = xor(value, component.value);
      try {
        if (value.every((byte) => byte === 0)) throw new HsmFault('invalid_request', 'the components cancel out');
        if (expectedKcv !== undefined && !kcvAgrees(expectedKcv, kcvOfValue(algorithm, value)))
          throw new HsmFault('kcv_mismatch', 'of the key');
        return { key: context.keys.create({ name, usage, algorithm, origin: 'components', activation, value }) };
      } finally {
        value.fill(0);
        // Whatever came of it, a ceremony is completed once: it cannot be replayed with other wishes.
        context.ceremonies.end(ceremonyId);
      }
    },

    ceremonyAbort(context, { ceremonyId }) {
      context.ceremonies.get(ceremonyId);
      context.ceremonies.end(ceremonyId);
      return {};
    },
  };
