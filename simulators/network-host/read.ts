// From a message to what the issuer understands, with a verdict on every element that the profile asks for.
import type { Message } from '../../acquirer-gateway/iso8583/index.ts';
import { currencyOfNumeric } from '../../common/money.ts';
import { cryptogramTags, readCryptogram } from '../issuer/emv.ts';
import type { IssuerRequest, RequestKind } from '../issuer/request.ts';
import { de48, type MessageProfile, processingCodes, profiles } from './profile.ts';

/** A request, or why the message is refused (DE39 30, nothing is booked). The text names elements, never values. */
export type Read =
  | { readonly ok: true; readonly request: IssuerRequest }
  | { readonly ok: false; readonly verdict: string };

const byMti = new Map<string, MessageProfile>();
for (const profile of profiles) {
  byMti.set(profile.mti, profile);
  byMti.set(`${profile.mti.slice(0, 3)}1`, profile);
}

const refuse = (verdict: string): Read => ({ ok: false, verdict });

/** True if this MTI is one of the requests of the profile. */
export function isRequest(mti: string): boolean {
  return byMti.has(mti);
}

/** Reads a request of the profile. */
export function readRequest(message: Message): Read {
  const mti = message.mti;
  const profile = byMti.get(mti);
  if (profile === undefined) return refuse('mti: not of this network');
  for (const path of profile.required) if (!message.has(path)) return refuse(`DE${path}: missing`);
  for (const path of profile.forbidden)
    if (message.has(path)) return refuse(`DE${path}: not allowed in ${profile.mti}`);
  const text = (path: string): string => message.get(path) ?? '';
  const currency = currencyOfNumeric(text('49'));
  if (currency === undefined) return refuse('DE49: not a currency');
  const kind = kindOf(profile.mti, message);
  if (kind === undefined) return refuse('DE3: not of this network');
  const terminal = text('41');
  const stan = text('11');
  const de7 = text('7');
  if (stan === '000000') return refuse('DE11: zero');
  if (terminal.trim() === '') return refuse('DE41: blank');
  if (text('42').trim() === '') return refuse('DE42: blank');
  const pinBlock = message.bytes('52');
  if (pinBlock !== undefined && !message.has('53')) return refuse('DE53: missing beside DE52');
  const pan = text('2');
  const track2 = text('35');
  if (track2 !== '' && !track2.startsWith(`${pan}=`) && !track2.startsWith(`${pan}D`))
    return refuse('DE35: of another card');
  const original = message.has('90') ? readOriginal(text('90'), terminal) : '';
  if (original === undefined) return refuse('DE90: malformed');
  const replacement = text('95');
  if (replacement !== '' && !/^\d{12}/.test(replacement)) return refuse('DE95: malformed');
  return {
    ok: true,
    request: {
      kind,
      mti: profile.mti,
      repeat: mti !== profile.mti,
      key: mti.slice(0, 2) + de7 + stan + terminal,
      originalKey: original,
      pan,
      expiryYymm: text('14'),
      amountMinor: BigInt(text('4')),
      currency: currency.code,
      replacementMinor: replacement === '' ? undefined : BigInt(replacement.slice(0, 12)),
      stan,
      rrn: text('37'),
      de7,
      terminal,
      acceptor: text('42'),
      authCode: text('38'),
      originalReference: text(de48.networkReference),
      cvv2: text(de48.cvv2),
      postalCode: text(de48.postalCode),
      cryptogram: message.has('55') ? readCryptogram(chipTags(message)) : undefined,
      panSequence: (message.get('23') ?? '00').slice(-2),
      pinBlock: pinBlock === undefined ? undefined : Buffer.from(pinBlock),
    },
  };
}

function chipTags(message: Message): Record<string, string | undefined> {
  const tags: Record<string, string | undefined> = {};
  for (const tag of cryptogramTags) tags[tag] = message.get(`55.${tag}`);
  return tags;
}

function kindOf(mti: string, message: Message): RequestKind | undefined {
  if (mti === '0420') return 'reversal';
  if (mti === '0220') return 'capture';
  const code = message.get('3');
  const purchase = code === processingCodes.purchase || code === processingCodes.cashBack;
  if (mti === '0200') return purchase ? 'purchase' : code === processingCodes.refund ? 'refund' : undefined;
  if (code === processingCodes.balance) return 'balance';
  if (!purchase) return undefined;
  if (message.get('4') === '000000000000') return 'verification';
  return message.has('38') ? 'increment' : 'authorization';
}

/** DE90, n42: mti, stan, DE7, DE32, DE33 of the original. Its DE41 is the same terminal's. */
function readOriginal(de90: string, terminal: string): string | undefined {
  const mti = de90.slice(0, 4);
  if (!/^0[124]/.test(mti)) return undefined;
  return mti.slice(0, 2) + de90.slice(10, 20) + de90.slice(4, 10) + terminal;
}
