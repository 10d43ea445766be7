// The registry: one JSON file beside the token with a record per key version, authenticated as a whole by an HMAC key in the token, so that
// a usage or state cannot be edited. Key values are only in the token.

import { timingSafeEqual } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import type { KeyRecord } from '../port.ts';
import { HsmSetupError } from './pkcs11.ts';

interface RegistryFile {
  readonly format: 1;
  readonly keys: readonly KeyRecord[];
  /** Hex HMAC-SHA256 of the canonical records. */
  readonly mac: string;
}

const UNSCHEDULED = { activateAtMs: 0, activateOverlapMs: 0 };

/** Field order is fixed by this list, so that the MAC does not depend on how a JSON writer orders keys. */
function canonical(keys: readonly KeyRecord[]): Buffer {
  const lines = keys.map((k) =>
    [
      k.name,
      k.version,
      k.usage,
      k.algorithm,
      k.modeOfUse,
      k.kcv,
      k.state,
      k.origin,
      k.createdAtMs,
      k.activatedAtMs,
      k.retireAtMs,
      k.destroyedAtMs,
      // Absent in registries from before there were schedules: those keep their MAC.
      ...(k.activateAtMs === 0 ? [] : [k.activateAtMs, k.activateOverlapMs]),
    ].join('|'),
  );
  return Buffer.from(`card-edge key registry 1\n${lines.join('\n')}\n`);
}

/** Read and authenticate. An absent file is an empty registry: a new token. Throws HsmSetupError when it was altered. */
export function readRegistry(path: string, mac: (data: Buffer) => Buffer): KeyRecord[] {
  if (!existsSync(path)) return [];
  let file: RegistryFile;
  try {
    file = JSON.parse(readFileSync(path, 'utf8')) as RegistryFile;
  } catch {
    throw new HsmSetupError(
      `The key registry ${path} is not readable JSON: restore it from a backup of the state folder.`,
    );
  }
  const keys = (file.keys ?? []).map((key) => ({ ...UNSCHEDULED, ...key }));
  const expected = mac(canonical(keys));
  const found = Buffer.from(file.mac ?? '', 'hex');
  if (found.length !== expected.length || !timingSafeEqual(found, expected)) {
    throw new HsmSetupError(`The key registry ${path} was altered, or belongs to another token.`);
  }
  return keys;
}

/** Replace the file: written whole, synced, renamed, so that a crash leaves the one before or this one. */
export function writeRegistry(path: string, keys: readonly KeyRecord[], mac: (data: Buffer) => Buffer): void {
  const file: RegistryFile = { format: 1, keys, mac: mac(canonical(keys)).toString('hex') };
  const temporary = `${path}.new`;
  const fd = openSync(temporary, 'w', 0o600);
  try {
    writeSync(fd, `${JSON.stringify(file, null, 1)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
}
