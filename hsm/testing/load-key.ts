import type { HsmClient } from '../client.ts';
import { xor } from '../crypto/blocks.ts';
import type { KeyAlgorithm, KeyRecord, KeyUsage } from '../port.ts';
import { must } from './dev-hsm.ts';

/** Put a known key into a token the only way the port has for a clear value: a ceremony of two components. For tests. */
export async function loadKey(
  admin: HsmClient,
  name: string,
  usage: KeyUsage,
  algorithm: KeyAlgorithm,
  value: Buffer,
): Promise<KeyRecord> {
  const { ceremonyId } = must((await admin.ceremonyBegin([{ name, usage, algorithm, components: 2 }]))[0]);
  const first = Buffer.alloc(value.length, 0x5a);
  must((await admin.ceremonyComponent([{ ceremonyId, operator: 'operator one', component: first }]))[0]);
  must((await admin.ceremonyComponent([{ ceremonyId, operator: 'operator two', component: xor(first, value) }]))[0]);
  return must(
    (await admin.ceremonyComplete([{ ceremonyId, approver: 'approver', activation: { state: 'active' } }]))[0],
  ).key;
}
