// A command's work on the token as steps: what it enciphers, and what it does with the result. One item runs its steps one by one; a slice of items runs
// them side by side, and what they want enciphered under one key goes to the token in one call. A PKCS#11 call costs more than the block it enciphers.
import { CKM, type Handle } from './pkcs11.ts';
import type { Token } from './token.ts';

/** TDES-ECB of whole blocks under a key of the token. */
export interface EcbStep {
  readonly key: Handle;
  readonly direction: 'encipher' | 'decipher';
  /** Whole blocks of 8 bytes. */
  readonly data: Buffer;
}

/** Work that yields a step and is given its result, which is wiped when the work is done: keep copies only. */
export type Steps<T> = Generator<EcbStep, T, Buffer>;

/** The only step of a piece of work: `yield* encipher(...)`. */
export function* encipher(key: Handle, data: Buffer): Steps<Buffer> {
  return yield { key, direction: 'encipher', data };
}

export function* decipher(key: Handle, data: Buffer): Steps<Buffer> {
  return yield { key, direction: 'decipher', data };
}

function onToken(token: Token, { key, direction, data }: EcbStep): Buffer {
  return direction === 'encipher' ? token.encryptEcb(key, CKM.des3Ecb, data) : token.decryptEcb(key, CKM.des3Ecb, data);
}

/** Runs one piece of work, a call of the token for each step. */
export function runSteps<T>(token: Token, work: Steps<T>): T {
  const results: Buffer[] = [];
  try {
    let next = work.next();
    while (next.done !== true) {
      const result = onToken(token, next.value);
      results.push(result);
      next = work.next(result);
    }
    return next.value;
  } finally {
    for (const result of results) result.fill(0);
  }
}

/** A piece of work of a slice, and the step it waits for. */
interface Waiting<T> {
  readonly index: number;
  readonly work: Steps<T>;
  readonly step: EcbStep;
}

/** What one piece of work came to. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/**
 * Runs pieces of work side by side; the outcomes come in their order. A piece that throws ends alone. An error of the token is thrown: which of the
 * blocks of a call it was about is not known, so the caller runs the pieces one by one.
 */
export function runTogether<T>(token: Token, pieces: readonly Steps<T>[]): Outcome<T>[] {
  const outcomes: Outcome<T>[] = new Array(pieces.length);
  const results: Buffer[] = [];
  let waiting: Waiting<T>[] = [];
  const advance = (index: number, work: Steps<T>, result?: Buffer): void => {
    try {
      const next = result === undefined ? work.next() : work.next(result);
      if (next.done === true) outcomes[index] = { ok: true, value: next.value };
      else waiting.push({ index, work, step: next.value });
    } catch (error) {
      outcomes[index] = { ok: false, error };
    }
  };
  try {
    for (const [index, work] of pieces.entries()) advance(index, work);
    while (waiting.length > 0) {
      const groups = grouped(waiting);
      waiting = [];
      for (const group of groups) {
        const data = Buffer.concat(group.map(({ step }) => step.data));
        const [first] = group;
        if (first === undefined) continue;
        const result = onToken(token, { ...first.step, data });
        results.push(data, result);
        let at = 0;
        for (const { index, work, step } of group) {
          advance(index, work, result.subarray(at, at + step.data.length));
          at += step.data.length;
        }
      }
    }
    return outcomes;
  } catch (error) {
    for (const piece of pieces) piece.return(undefined as T); // what they hold in clear is wiped by their `finally`
    throw error;
  } finally {
    for (const result of results) result.fill(0);
  }
}

/** Those that want the same of the same key, together. */
function grouped<T>(waiting: readonly Waiting<T>[]): Waiting<T>[][] {
  const groups: Waiting<T>[][] = [];
  for (const one of waiting) {
    const { key, direction } = one.step;
    const same = groups.find(([first]) => first?.step.key === key && first.step.direction === direction);
    if (same === undefined) groups.push([one]);
    else same.push(one);
  }
  return groups;
}
