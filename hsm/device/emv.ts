// EMV commands of the issuer. The master key stays in the token; card and session keys live in this function.
import { timingSafeEqual } from 'node:crypto';
import { applicationCryptogram, arpcMethod1, arpcMethod2, cardKeyData, sessionKey } from '../crypto/emv.ts';
import { HsmFault } from '../errors.ts';
import type { ArqcItem, MakeArpcItem, VerifyArqcItem } from '../port.ts';
import type { DeviceContext, Handlers } from './context.ts';
import { encipher, runSteps, type Steps } from './steps.ts';

type KeyFields = Pick<ArqcItem, 'imkRef' | 'session' | 'pan' | 'panSequence' | 'atc' | 'unpredictable'>;

interface CardKeys {
  readonly card: Buffer;
  readonly session: Buffer;
}

function* keysOf(context: DeviceContext, item: KeyFields): Steps<CardKeys> {
  if (!/^[0-9]{12,19}$/.test(item.pan) || !/^[0-9]{2}$/.test(item.panSequence))
    throw new HsmFault('invalid_request', 'PAN or PAN sequence number');
  const imk = context.keys.use(item.imkRef, 'undo', ['E0']);
  // A copy: the step's result is wiped when the command is done, these keys as soon as they are used.
  const card = Buffer.from(yield* encipher(imk.main, cardKeyData(item.pan, item.panSequence)));
  return { card, session: sessionOf(card, item) };
}

function sessionOf(card: Buffer, { session, atc, unpredictable }: KeyFields): Buffer {
  switch (session) {
    case 'card':
      return card;
    case 'emv-common':
      return sessionKey(card, Buffer.concat([atc, Buffer.alloc(6)]));
    case 'mastercard':
      return sessionKey(card, Buffer.concat([atc, Buffer.alloc(2), unpredictable]));
    default:
      return session satisfies never;
  }
}

function wipe({ card, session }: CardKeys): void {
  card.fill(0);
  session.fill(0);
}

function arqcOf(context: DeviceContext, item: ArqcItem): Buffer {
  const keys = runSteps(context.token, keysOf(context, item));
  const arqc = applicationCryptogram(keys.session, item.data, item.padding);
  wipe(keys);
  return arqc;
}

function arpcOf(item: MakeArpcItem, keys: CardKeys): Buffer {
  // M/Chip with its own session key answers with the card key; the EMV common session key serves both ways.
  const key = item.session === 'mastercard' ? keys.card : keys.session;
  const { method, arqc } = item;
  return method.kind === 'method1'
    ? arpcMethod1(key, arqc, method.responseCode)
    : arpcMethod2(key, arqc, method.csu, method.proprietary);
}

/** Verifies a cryptogram and, only if it is right, makes the proof of an approval: the keys are derived once for both. */
export function* verifyAndProve(
  context: DeviceContext,
  item: VerifyArqcItem & { readonly method: MakeArpcItem['method'] },
): Steps<{ readonly chip: boolean; readonly arpc?: Buffer }> {
  const keys = yield* keysOf(context, item);
  try {
    const right = timingSafeEqual(applicationCryptogram(keys.session, item.data, item.padding), item.arqc);
    return right ? { chip: true, arpc: arpcOf(item, keys) } : { chip: false };
  } finally {
    wipe(keys);
  }
}

export const emvHandlers: Handlers<'generateArqc' | 'verifyArqc' | 'makeArpc'> = {
  generateArqc(context, item) {
    if (!context.development) throw new HsmFault('not_permitted', 'cards are simulated on development tokens only');
    return { arqc: arqcOf(context, item) };
  },
  verifyArqc(context, item) {
    return { verified: timingSafeEqual(arqcOf(context, item), item.arqc) };
  },
  makeArpc(context, item) {
    const keys = runSteps(context.token, keysOf(context, item));
    const arpc = arpcOf(item, keys);
    wipe(keys);
    return { arpc };
  },
};
