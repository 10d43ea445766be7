// Issuer commands, on the issuer's own token: PVV, IBM 3624, CVV. Published algorithms of the schemes, as Thales and IBM manuals describe them.
import { timingSafeEqual } from 'node:crypto';
import { xor } from '../crypto/blocks.ts';
import { HsmFault } from '../errors.ts';
import type { GenerateCvvItem, PinInput, PinReference, VerifyCvvItem } from '../port.ts';
import type { DeviceContext, Handlers } from './context.ts';
import { openPin } from './pins.ts';
import { encipher, runSteps, type Steps } from './steps.ts';

function clearPin(context: DeviceContext, pin: PinInput, pan: string): string {
  if (pin.kind === 'block') return openPin(context, pin.pinBlock, pin, pan);
  if (!context.development) throw new HsmFault('not_permitted', 'a clear PIN is taken on development tokens only');
  if (!/^[0-9]{4,12}$/.test(pin.pin)) throw new HsmFault('invalid_request', 'a PIN is 4 to 12 digits');
  return pin.pin;
}

function checkDigits(text: string, lengthMin: number, lengthMax: number, what: string): void {
  if (!/^[0-9]*$/.test(text) || text.length < lengthMin || text.length > lengthMax)
    throw new HsmFault('invalid_request', what);
}

/** First digits found left to right, then hex letters less ten: the decimalisation of PVV and CVV. */
function decimals(block: Buffer, count: number): string {
  const hex = block.toString('hex');
  const digits = hex.replace(/[a-f]/g, '');
  const letters = hex.replace(/[0-9]/g, '').replace(/[a-f]/g, (letter) => String(Number.parseInt(letter, 16) - 10));
  return (digits + letters).slice(0, count);
}

function equalText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

/** Visa PVV: eleven rightmost PAN digits without the check digit, PVKI, first four PIN digits, under the PVK. */
function* pvvOf(context: DeviceContext, pvkRef: string, pvki: number, pin: string, pan: string): Steps<string> {
  if (pvki > 6) throw new HsmFault('invalid_request', 'a PVKI is 0 to 6');
  checkDigits(pan, 12, 19, 'the PAN is 12 to 19 digits');
  const key = context.keys.use(pvkRef, 'undo', ['V2']);
  const tsp = Buffer.from(`${pan.slice(-12, -1)}${pvki}${pin.slice(0, 4)}`, 'hex');
  try {
    return decimals(yield* encipher(key.main, tsp), 4);
  } finally {
    tsp.fill(0);
  }
}

interface Ibm3624 {
  readonly pvkRef: string;
  readonly decimalizationTable: string;
  readonly validationData: string;
}

/** IBM 3624 offset: the PIN less the natural PIN, digit by digit without carry. */
function* offsetOf(context: DeviceContext, reference: Ibm3624, pin: string): Steps<string> {
  checkDigits(reference.decimalizationTable, 16, 16, 'a decimalization table is 16 digits');
  if (!/^[0-9A-Fa-f]{16}$/.test(reference.validationData))
    throw new HsmFault('invalid_request', 'validation data are 16 hex digits');
  const key = context.keys.use(reference.pvkRef, 'undo', ['V1']);
  const hex = (yield* encipher(key.main, Buffer.from(reference.validationData, 'hex'))).toString('hex');
  let offset = '';
  for (let i = 0; i < pin.length; i++) {
    const natural = Number(reference.decimalizationTable[Number.parseInt(hex[i] ?? '0', 16)]);
    offset += String((Number(pin[i]) - natural + 10) % 10);
  }
  return offset;
}

/** CVV, CVV2, iCVV: PAN, expiry and service code in two blocks; algorithm-3 shape with the first block XORed between. */
function* cvvOf(context: DeviceContext, item: GenerateCvvItem): Steps<string> {
  checkDigits(item.pan, 12, 19, 'the PAN is 12 to 19 digits');
  checkDigits(item.expiry, 4, 4, 'the expiry is four digits');
  checkDigits(item.serviceCode, 3, 3, 'the service code is three digits');
  const key = context.keys.use(item.cvkRef, 'undo', ['C0']);
  const [part] = key.parts;
  if (part === undefined) throw new HsmFault('key_usage', `${key.ref} has no left part`);
  const data = Buffer.from(`${item.pan}${item.expiry}${item.serviceCode}`.padEnd(32, '0'), 'hex');
  const first = yield* encipher(part, data.subarray(0, 8));
  return decimals(yield* encipher(key.main, xor(first, data.subarray(8, 16))), 3);
}

/** Whether a clear PIN is the one that the reference was made of. */
export function* pinMatches(
  context: DeviceContext,
  clear: string,
  pan: string,
  reference: PinReference,
): Steps<boolean> {
  switch (reference.kind) {
    case 'pvv':
      return equalText(yield* pvvOf(context, reference.pvkRef, reference.pvki, clear, pan), reference.pvv);
    case 'ibm3624': {
      const checked = clear.slice(0, reference.offset.length);
      return reference.offset.length >= 4 && equalText(yield* offsetOf(context, reference, checked), reference.offset);
    }
    default:
      return reference satisfies never;
  }
}

export function* cvvMatches(context: DeviceContext, item: VerifyCvvItem): Steps<boolean> {
  return equalText(yield* cvvOf(context, item), item.cvv);
}

export const issuerHandlers: Handlers<'verifyPin' | 'generatePvv' | 'generatePinOffset' | 'generateCvv' | 'verifyCvv'> =
  {
    verifyPin(context, { pin, pan, reference }) {
      return { verified: runSteps(context.token, pinMatches(context, clearPin(context, pin, pan), pan, reference)) };
    },
    generatePvv(context, { pin, pan, pvkRef, pvki }) {
      return { pvv: runSteps(context.token, pvvOf(context, pvkRef, pvki, clearPin(context, pin, pan), pan)) };
    },
    generatePinOffset(context, { pin, pan, ...reference }) {
      return { offset: runSteps(context.token, offsetOf(context, reference, clearPin(context, pin, pan))) };
    },
    generateCvv(context, item) {
      return { cvv: runSteps(context.token, cvvOf(context, item)) };
    },
    verifyCvv(context, item) {
      return { verified: runSteps(context.token, cvvMatches(context, item)) };
    },
  };
