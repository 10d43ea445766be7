// Key management commands.
import { desEcbEncrypt } from '../crypto/blocks.ts';
import { aesCmac } from '../crypto/cmac.ts';
import { HsmFault } from '../errors.ts';
import type { KeyCommands } from '../port.ts';
import type { Handlers } from './context.ts';
import { checkRole } from './key-policy.ts';

const RANDOM_BYTES_MAX = 1024;

type Basic =
  | 'listKeys'
  | 'keyCheckValue'
  | 'generateKey'
  | 'activateKey'
  | 'retireKey'
  | 'destroyKey'
  | 'deriveDukpt'
  | 'auditHead';

export const keyHandlers: Handlers<Extract<keyof KeyCommands, Basic> | 'random'> = {
  random(context, { bytes }) {
    if (bytes < 1 || bytes > RANDOM_BYTES_MAX) throw new HsmFault('invalid_request', `1 to ${RANDOM_BYTES_MAX} bytes`);
    return { random: context.token.random(bytes) };
  },
  listKeys(context, { name }) {
    return { keys: context.keys.list(name) };
  },
  keyCheckValue(context, { keyRef }) {
    return { kcv: context.keys.kcv(context.keys.find(keyRef)) };
  },
  generateKey(context, item) {
    return { key: context.keys.create({ ...item, origin: 'generated' }) };
  },
  activateKey(context, { keyRef, overlapMs }, role) {
    checkRole(role, context.keys.find(keyRef).record.usage);
    return { key: context.keys.activate(keyRef, overlapMs) };
  },
  retireKey(context, { keyRef, overlapMs }) {
    return { key: context.keys.retire(keyRef, overlapMs) };
  },
  destroyKey(context, { keyRef }) {
    const key = context.keys.destroy(keyRef);
    context.dukpt.clear();
    return { key };
  },
  auditHead(context) {
    return context.audit().head;
  },
  deriveDukpt(context, { bdkRef, ksn, scheme }) {
    const base = context.dukpt.base(bdkRef, scheme);
    if (ksn.length !== (scheme === 'aes-dukpt' ? 12 : 10))
      throw new HsmFault('invalid_request', 'the KSN has another length');
    const kcv =
      scheme === 'aes-dukpt'
        ? aesCmac(context.dukpt.aesInitial(base, ksn), Buffer.alloc(16))
        : desEcbEncrypt(context.dukpt.tdesInitial(bdkRef, ksn), Buffer.alloc(8));
    return { kcv: kcv.subarray(0, 3).toString('hex').toUpperCase() };
  },
};
