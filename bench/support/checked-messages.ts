// Authorisations whose PIN, CVV2 and cryptogram an issuer has to verify: made before the clock runs, with development tokens of both sides.
import type { ChildProcess } from 'node:child_process';
import type { MessageInput } from '../../acquirer-gateway/iso8583/index.ts';
import type { DevelopmentTerminal } from '../../hsm/terminal/pad.ts';
import { loadDevelopmentTerminal } from '../../hsm/terminal/pad.ts';
import { must, startTestHsm, type TestHsm } from '../../hsm/testing/dev-hsm.ts';
import { findCard, rangePan, testExpiryYymm, testPin } from '../../simulators/issuer/cards.ts';
import { developmentKeys, HsmCardChecks } from '../../simulators/issuer/checks.ts';
import { makeChipData } from '../../simulators/terminal/chip.ts';
import { request } from '../../simulators/testing.ts';

/** Names of the issuer token's keys. */
const keys = { zpk: 'zpk-simnet', ...developmentKeys };

/** A HSM of each side, and what the bench needs to know of the issuer's. */
export interface BenchHsm {
  readonly hsm: TestHsm;
  readonly issuerSocket: string;
  readonly issuerDevice: ChildProcess | undefined;
}

/** Starts both devices. */
export async function startBenchHsm(): Promise<BenchHsm> {
  const hsm = await startTestHsm();
  return { hsm, issuerSocket: hsm.dev.sockets.issuer, issuerDevice: hsm.devices[1] };
}

/** Made at once: a busy machine's HSM answers so many in time. */
const madeAtOnce = 128;

/** One chip-and-PIN authorisation with CVV2 for each of so many cards. Their DE7 and DE11 are the bench's to write. */
export async function checkedMessages({ hsm }: BenchHsm, count: number): Promise<MessageInput[]> {
  const terminal = loadDevelopmentTerminal(hsm.dev.terminalPath).find((one) => one.scheme === 'tdes-dukpt');
  if (terminal === undefined) throw new Error('there is no PIN pad');
  const made: MessageInput[] = [];
  while (made.length < count) made.push(...(await someMessages(hsm, terminal, made.length)));
  return made;
}

async function someMessages(hsm: TestHsm, terminal: DevelopmentTerminal, first: number): Promise<MessageInput[]> {
  const checks = new HsmCardChecks(hsm.issuer, keys);
  const pans = Array.from({ length: madeAtOnce }, (_, i) => rangePan(first + i));
  const chips = await makeChipData(
    hsm.issuer,
    pans.map((pan, i) => ({
      pan,
      amountMinor: amountOf(i),
      currencyNumeric: '978',
      date: '261122',
      counter: i + 1,
      unpredictable: i * 2_654_435_761,
    })),
  );
  return await Promise.all(
    pans.map(async (pan, i) => {
      const card = findCard(pan);
      if (card === undefined) throw new Error('the range has no such card');
      const [pinBlock, cvv2 = ''] = await Promise.all([pinBlockOf(hsm, terminal, pan), checks.cvv2Of(card)]);
      return request('0100', '000001', {
        '2': pan,
        '4': amountOf(i).toString().padStart(12, '0'),
        '22': '051',
        '23': '001',
        '25': '00',
        '35': `${pan}D${testExpiryYymm}2010000000000`,
        '48.92': cvv2,
        '52': pinBlock,
        '53': '2001010100000000',
        '55': chips[i] ?? Buffer.alloc(0),
      });
    }),
  );
}

const amountOf = (i: number): bigint => BigInt(1000 + (i % 700));

/** The PIN block as the acquirer's HSM translates it for the network. */
async function pinBlockOf(hsm: TestHsm, terminal: DevelopmentTerminal, pan: string): Promise<Buffer> {
  const pad = terminal.pad.next();
  const translated = must(
    await hsm.gateway.single.translatePin({
      pinBlock: pad.pinBlock(testPin, pan),
      in: { format: pad.format, keyRef: terminal.keyRef, ksn: pad.ksn, scheme: pad.scheme },
      out: { format: 0, keyRef: keys.zpk },
      pan,
    }),
  );
  return translated.pinBlock;
}
