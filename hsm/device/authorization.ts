// All that the issuer verifies of one authorisation, in one item: one frame's overhead, and the chip's keys derived once. Items of a slice run side by side.
import type { ItemOf, ResultOf, VerifyAuthorizationItem } from '../port.ts';
import type { DeviceContext } from './context.ts';
import { verifyAndProve } from './emv.ts';
import { cvvMatches, pinMatches } from './issuer.ts';
import { macMatches } from './macs.ts';
import { pinUnderPinKey } from './pins.ts';
import type { Steps } from './steps.ts';

/** A block that does not open is an answer here: the issuer may try the key before, and the other parts count all the same. */
function* pinAnswer(
  context: DeviceContext,
  { reference, pinBlock, ...source }: NonNullable<VerifyAuthorizationItem['pin']>,
  pan: string,
): Steps<'match' | 'mismatch' | 'unopened'> {
  const clear = yield* pinUnderPinKey(context, pinBlock, source, pan);
  if (clear === undefined) return 'unopened';
  return (yield* pinMatches(context, clear, pan, reference)) ? 'match' : 'mismatch';
}

/** The work of one item. */
export function* verifyAuthorization(
  context: DeviceContext,
  { pan, pin, cvv, chip, issued }: ItemOf<'verifyAuthorization'>,
): Steps<ResultOf<'verifyAuthorization'>> {
  return {
    ...(pin === undefined ? {} : { pin: yield* pinAnswer(context, pin, pan) }),
    ...(cvv === undefined ? {} : { cvv: yield* cvvMatches(context, { ...cvv, pan }) }),
    ...(chip === undefined ? {} : yield* verifyAndProve(context, { ...chip, pan })),
    ...(issued === undefined ? {} : { issued: macMatches(context, { ...issued, algorithm: 'hmac-sha256' }) }),
  };
}
