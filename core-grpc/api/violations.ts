// Collects everything that is wrong with a request, so that a caller learns all of it at once. Descriptions never repeat a value.
import { Fault, type Violation } from '../../common/errors.ts';
import { formatId, type IdKind, idPrefixes, parseId } from '../../common/ids.ts';
import { idempotencyKeyCharsMax } from '../../common/limits.ts';
import { currencyOf } from '../../common/money.ts';
import { findPans } from '../../common/redact.ts';
import type { Money } from '../../proto/gen/cardedge/core/v1/types.ts';

/** The largest amount that DE4 (n12) carries. */
export const amountMinorMax = 999_999_999_999n;

const digits = /\d{13}/;

/** Violations as they are found. */
export class Violations {
  private readonly found: Violation[] = [];

  add(field: string, description: string): void {
    this.found.push({ field, description });
  }

  /** Adds the description unless it holds. */
  check(holds: boolean, field: string, description: string): boolean {
    if (!holds) this.add(field, description);
    return holds;
  }

  /** Throws all that was found as one Fault. */
  done(): void {
    if (this.found.length > 0) {
      throw new Fault('INVALID_ARGUMENT', 'The request has wrong fields; see violations.', { violations: this.found });
    }
  }

  /** An identifier; a wrong one is added and gives 16 zero bytes, which no object has. */
  id(kind: IdKind, field: string, text: string): Buffer {
    const id = parseId(kind, text);
    if (id !== undefined) return id;
    this.add(
      field,
      `must be an identifier that starts with ${idPrefixes[kind]} (like ${formatId(kind, Buffer.alloc(16))})`,
    );
    return Buffer.alloc(16);
  }

  /** 1 to 255 printable ASCII characters. */
  key(text: string, field = 'idempotency_key'): void {
    const right = text.length >= 1 && text.length <= idempotencyKeyCharsMax && /^[\x20-\x7e]+$/.test(text);
    if (!right) this.add(field, `must be 1 to ${idempotencyKeyCharsMax} printable ASCII characters`);
    this.noPan(text, field);
  }

  /** Text for people that is stored. */
  text(text: string, field: string, charsMax: number): void {
    if (text === '') return;
    if (text.length > charsMax) this.add(field, `must have at most ${charsMax} characters`);
    this.check(!text.includes('\u0000'), field, 'must not contain a NUL character');
    this.noPan(text, field);
  }

  /** Nothing that looks like a card number may be stored in clear (PCI DSS 3.5). */
  noPan(text: string, field: string): void {
    // A card number is at least 13 digits: most texts are done with this cheap look.
    if (text.length >= 13 && digits.test(text) && findPans(text).length > 0)
      this.add(field, 'contains what looks like a card number: send card data in `card` only');
  }

  /** More than zero, in a known currency. */
  money(money: Money | undefined, field: string): { amountMinor: bigint; currency: string } {
    const given = money ?? { amountMinor: 0n, currency: '' };
    if (given.amountMinor <= 0n || given.amountMinor > amountMinorMax) {
      this.add(`${field}.amount_minor`, 'must be from 1 to 999999999999 minor units');
    }
    this.currency(given.currency, field, 'currency');
    return given;
  }

  /** `within`: the message that holds the field, or ''. Texts are put together only for what is wrong: most requests are right. */
  currency(code: string, within: string, field: string): void {
    if (currencyOf(code) === undefined) {
      this.add(
        within === '' ? field : `${within}.${field}`,
        'must be an ISO 4217 alphabetic code in capitals, like EUR',
      );
    }
  }

  /** An enum value of the contract. */
  known(value: string, field: string): void {
    this.check(value !== 'UNRECOGNIZED', field, 'is a value that this version of the contract does not have');
  }
}
