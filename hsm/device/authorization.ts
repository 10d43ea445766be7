// All that the issuer verifies of one authorisation, in one item: one frame's overhead, and the chip's keys derived once.
import { HsmFault } from '../errors.ts';
import type { VerifyAuthorizationItem } from '../port.ts';
import type { DeviceContext, Handlers } from './context.ts';
import { verifyAndProve } from './emv.ts';
import { cvvMatches, pinMatches } from './issuer.ts';
import { macMatches } from './macs.ts';
import { openPin } from './pins.ts';

/** A block that does not open is an answer here: the issuer may try the key before, and the other parts count all the same. */
function pinAnswer(
  context: DeviceContext,
  { reference, ...pin }: NonNullable<VerifyAuthorizationItem['pin']>,
  pan: string,
): 'match' | 'mismatch' | 'unopened' {
  try {
    return pinMatches(context, openPin(context, pin.pinBlock, pin, pan), pan, reference) ? 'match' : 'mismatch';
  } catch (error) {
    if (error instanceof HsmFault && error.code === 'pin_block_invalid') return 'unopened';
    throw error;
  }
}

export const authorizationHandlers: Handlers<'verifyAuthorization'> = {
  verifyAuthorization(context, { pan, pin, cvv, chip, issued }) {
    return {
      ...(pin === undefined ? {} : { pin: pinAnswer(context, pin, pan) }),
      ...(cvv === undefined ? {} : { cvv: cvvMatches(context, { ...cvv, pan }) }),
      ...(chip === undefined ? {} : verifyAndProve(context, { ...chip, pan })),
      ...(issued === undefined ? {} : { issued: macMatches(context, { ...issued, algorithm: 'hmac-sha256' }) }),
    };
  },
};
