// From a message to what the issuer understands, with a verdict on every element that the dialect asks for.
import type { Message } from '../../acquirer-gateway/iso8583/index.ts';
import { currencyOfNumeric } from '../../common/money.ts';
import { cryptogramTags, readCryptogram } from '../issuer/emv.ts';
import type { IssuerRequest } from '../issuer/request.ts';
import { type HostDialect, type HostKind, keyHead, type MessageProfile } from './dialect.ts';

/** A request, a question about one, or why the message is refused (nothing is booked). The text names elements, never values. */
export type Read =
  | { readonly ok: true; readonly kind: 'request'; readonly request: IssuerRequest }
  | { readonly ok: true; readonly kind: 'inquiry'; readonly originalKey: string }
  | { readonly ok: false; readonly verdict: string };

const refuse = (verdict: string): Read => ({ ok: false, verdict });

/** Reads the requests of one dialect. */
export class RequestReader {
  private readonly dialect: HostDialect;
  private readonly byMti = new Map<string, MessageProfile>();

  constructor(dialect: HostDialect) {
    this.dialect = dialect;
    for (const profile of dialect.profiles) {
      this.byMti.set(profile.mti, profile);
      this.byMti.set(`${profile.mti.slice(0, 3)}1`, profile);
    }
  }

  /** True if this MTI is one of the requests of the dialect. */
  knows(mti: string): boolean {
    return this.byMti.has(mti);
  }

  /** Reads a request. */
  read(message: Message): Read {
    const { dialect } = this;
    const profile = this.byMti.get(message.mti);
    if (profile === undefined) return refuse('mti: not of this network');
    const fault =
      broken(profile, message) ?? (message.has(dialect.chipField) ? dialect.chipFault?.(message) : undefined);
    if (fault !== undefined) return refuse(fault);
    const kind = dialect.kindOf(message);
    if (kind === undefined) return refuse('DE3: not of this network');
    const original = this.original(message);
    if (original === undefined) return refuse(`DE${dialect.originalField}: malformed`);
    if (kind === 'inquiry') return { ok: true, kind, originalKey: original };
    return this.request(message, profile, kind, original);
  }

  private request(
    message: Message,
    profile: MessageProfile,
    kind: Exclude<HostKind, 'inquiry'>,
    originalKey: string,
  ): Read {
    const { dialect } = this;
    const { mti } = message;
    const text = (path: string): string => message.get(path) ?? '';
    const currency = currencyOfNumeric(text('49'));
    if (currency === undefined) return refuse('DE49: not a currency');
    const amountMinor = dialect.amountOf(message);
    if (amountMinor === undefined) return refuse('DE30: malformed');
    const replacementMinor = dialect.replacementOf(message);
    if (replacementMinor === 'malformed') return refuse('DE95: malformed');
    const pinBlock = message.bytes('52');
    const terminal = text('41');
    const stan = text('11');
    const time = dialect.timeOf(message);
    return {
      ok: true,
      kind: 'request',
      request: {
        kind,
        mti: `0${profile.mti.slice(1)}`,
        repeat: mti !== profile.mti,
        key: keyHead(mti) + time + stan + terminal,
        originalKey,
        pan: text('2'),
        expiryYymm: text('14'),
        amountMinor,
        currency: currency.code,
        replacementMinor,
        stan,
        rrn: text('37'),
        de7: time,
        terminal,
        acceptor: text('42'),
        authCode: text('38'),
        originalReference: dialect.referenceIn(message),
        cvv2: dialect.cvv2In(message),
        postalCode: dialect.postalCodeIn(message),
        street: dialect.streetIn(message),
        authentication: {
          level: dialect.securityLevelIn(message),
          value: dialect.authenticationValueIn(message),
        },
        partialAllowed: dialect.partialAllowedIn(message),
        cryptogram: message.has(dialect.chipField) ? readCryptogram(chipTags(dialect, message)) : undefined,
        panSequence: (message.get('23') ?? '00').slice(-2),
        pinBlock: pinBlock === undefined ? undefined : Buffer.from(pinBlock),
      },
    };
  }

  /** Key of the original; empty for none, undefined if malformed. Its terminal is the same. */
  private original(message: Message): string | undefined {
    const { dialect } = this;
    if (!message.has(dialect.originalField)) return '';
    const read = dialect.readOriginal(message.get(dialect.originalField) ?? '');
    return read === undefined ? undefined : read.key + (message.get('41') ?? '');
  }
}

/** The first rule of the message type that is broken. */
function broken(profile: MessageProfile, message: Message): string | undefined {
  for (const path of profile.required) if (!message.has(path)) return `DE${path}: missing`;
  for (const path of profile.forbidden) if (message.has(path)) return `DE${path}: not allowed in ${profile.mti}`;
  if (message.get('11') === '000000') return 'DE11: zero';
  if ((message.get('41') ?? '').trim() === '') return 'DE41: blank';
  if ((message.get('42') ?? '').trim() === '') return 'DE42: blank';
  if (message.has('52') && !message.has('53')) return 'DE53: missing beside DE52';
  const track2 = message.get('35') ?? '';
  const pan = message.get('2') ?? '';
  if (track2 !== '' && !track2.startsWith(`${pan}=`) && !track2.startsWith(`${pan}D`)) return 'DE35: of another card';
  return undefined;
}

function chipTags(dialect: HostDialect, message: Message): Record<string, string | undefined> {
  const tags: Record<string, string | undefined> = {};
  for (const tag of cryptogramTags) tags[tag] = dialect.chipTag(message, tag);
  return tags;
}
