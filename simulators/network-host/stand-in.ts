// Stand-in: while the issuer is away the network answers in its place, by limits of its own, and owes the issuer an advice of each answer until it is
// back. What the network knows (exception file, balance, velocity) it applies; what only the issuer can check it cannot. Public descriptions: stand-in
// processing (STIP) in Visa's and Mastercard's merchant documentation.
import type { Fault } from '../faults.ts';
import type { Row } from '../issuer/books.ts';
import { type IssuerRequest, isDebit } from '../issuer/request.ts';

/** The largest amount that the network approves by itself, minor units of any currency. */
export const standInLimitMinor = 50_000n;

/** Advices kept for an issuer that does not come back; of more only the number is known. */
export const advicesMax = 10_000;

/** An advice (x120, x220, x420) to the issuer of what was answered in its place. */
export interface StandInAdvice {
  readonly mti: string;
  /** Place in the books. */
  readonly seq: number;
  readonly de39: string;
}

/** What stands for a request: itself, or what the network makes of it. */
export interface Seen {
  readonly request: IssuerRequest;
  /** The network refuses it in the issuer's place. */
  readonly refused: Fault | undefined;
}

/** Answers for an issuer that is away. */
export class StandIn {
  /** Advices that the issuer got when it came back. */
  told = 0;
  private gone = false;
  private owedCount = 0;
  private readonly owedAdvices: StandInAdvice[] = [];

  /** True while the issuer cannot be reached. */
  get away(): boolean {
    return this.gone;
  }

  /** Advices that the issuer has yet to get. */
  get owed(): readonly StandInAdvice[] {
    return this.owedAdvices;
  }

  leave(): void {
    this.gone = true;
  }

  /** The issuer is back and gets what is owed; the number of it. */
  comeBack(): number {
    this.gone = false;
    const count = this.owedCount;
    this.told += count;
    this.owedCount = 0;
    this.owedAdvices.length = 0;
    return count;
  }

  /** Before a request is decided. A PIN, a balance and an amount over the limit are the issuer's alone (91); other checks are left undone. */
  seen(request: IssuerRequest): Seen {
    if (!this.gone) return { request, refused: undefined };
    const { kind, amountMinor, pinBlock } = request;
    const issuersAlone =
      pinBlock !== undefined ||
      kind === 'balance' ||
      kind === 'verification' ||
      (isDebit(kind) && amountMinor > standInLimitMinor);
    return {
      request: {
        ...request,
        pinBlock: undefined,
        cvv2: '',
        cryptogram: undefined,
        authentication: { level: undefined, value: undefined },
      },
      refused: issuersAlone ? { kind: 'decline', de39: '91' } : undefined,
    };
  }

  /** After a message was booked: an advice is owed for what was answered in the issuer's place. */
  booked({ seq, entry }: Row): void {
    if (!this.gone) return;
    this.owedCount += 1;
    if (this.owedAdvices.length >= advicesMax) return;
    const { mti, de39 } = entry;
    this.owedAdvices.push({ mti: `${mti.slice(0, 2)}20`, seq, de39 });
  }
}
