// The mapping file that --mapping names.
import { readFileSync } from 'node:fs';
import { Failure } from '../failure.ts';

/** Text of a file. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Failure(`${path} cannot be read: ${cause instanceof Error ? cause.message : 'unknown reason'}`, 2);
  }
}
