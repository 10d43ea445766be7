// A walk through the certification packs of the other dialects, against real processes. CARD_EDGE_CERTIFY=all plays every case.
import t from 'tap';
import { loadPack } from '../cli/certify/run.ts';
import { everyCase, judged, passes } from './support/certify.ts';

/** A purchase, a chip, a hold that is taken in part, one that is given up, money back, and an answer that is lost. */
const walk = [
  'purchase',
  'chip-and-pin',
  'partial-capture',
  'cancel',
  'refund',
  'recurring',
  'timeout-reversal',
  'network-echo',
];

for (const name of ['iso93', 'visa-like', 'mastercard-like', 'amex-like'])
  t.test(name, { timeout: 600_000 }, async (t) => {
    const pack = everyCase ? loadPack(name) : loadPack(name, walk);
    const { judge } = await judged(t, pack);
    await passes(t, pack, judge);
  });
