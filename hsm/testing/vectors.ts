import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { projectRoot } from '../../common/root.ts';

/** Folder of the foreign cryptographic vectors (CARD_EDGE_VECTORS, default beside the project), or undefined where there is none. */
export function vectorsFolder(): string | undefined {
  const folder = join(resolve(projectRoot, process.env['CARD_EDGE_VECTORS'] ?? '../shared/vectors'), 'crypto');
  return existsSync(folder) ? folder : undefined;
}

/** A vector file's JSON; its shape is the test's to know. */
export function readVectors<T>(file: string): T {
  const folder = vectorsFolder();
  if (folder === undefined) throw new Error('no foreign vectors');
  return JSON.parse(readFileSync(join(folder, file), 'utf8')) as T;
}
