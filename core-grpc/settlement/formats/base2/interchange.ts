// Interchange of a draft: TCR 5 holds the fee and its sign, C for money to who reads the file, D for money from it. The amount has six decimal
// places (fifteen digits: nine and six). Places as two open parsers have them; the decimals and whose credit C is are from memory: no public
// source confirms or denies it, and a file shows it at once: its TC46 (positions.ts) is not the sum of its lines then. Check them with the first file of
// a contract.
import { currencyOf } from '../../../../common/money.ts';

/** 10^6: the decimals of the fee. */
const feeUnit = 1_000_000n;

/**
 * The fee in minor units of a currency, to the acquirer positive, rounded half away from zero as each line is settled; 0 for none; undefined if it
 * is not digits and a sign.
 */
export function interchangeMinor(amount: string, sign: string, currency: string): bigint | undefined {
  if (/^0*$/.test(amount.trim())) return 0n;
  if (!/^\d{15}$/.test(amount) || (sign !== 'C' && sign !== 'D')) return undefined;
  const scaled = BigInt(amount) * 10n ** BigInt(currencyOf(currency)?.exponent ?? 2);
  const minor = (scaled + feeUnit / 2n) / feeUnit;
  return sign === 'C' ? minor : -minor;
}
