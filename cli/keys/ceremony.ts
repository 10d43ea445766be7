// `keys ceremony`: two or three people enter a component each, a further one approves what came of it. Everything said is in the transcript;
// components are nowhere: they go from the keyboard to the device.
import { writeFileSync } from 'node:fs';
import type { HsmClient } from '../../hsm/client.ts';
import type { KeyAlgorithm, KeyRecord, KeyUsage } from '../../hsm/port.ts';
import { Failure } from '../failure.ts';
import type { Prompt } from './prompt.ts';
import { valueOr } from './session.ts';

export interface CeremonyOptions {
  readonly name: string;
  readonly usage: KeyUsage;
  readonly algorithm: KeyAlgorithm;
  /** 2 or 3. */
  readonly components: number;
  /** Check value of the whole key, if the sender gave one. */
  readonly kcv?: string;
  /** File for the transcript; refused if it exists. */
  readonly transcriptPath?: string;
}

/** Wrong entries of one operator before the ceremony ends. */
const ENTRIES_MAX = 3;

function hexBytes(typed: Buffer): Buffer | undefined {
  const text = typed.toString('latin1').replace(/[\s-]/g, '');
  typed.fill(0);
  return /^([0-9A-Fa-f]{2})+$/.test(text) ? Buffer.from(text, 'hex') : undefined;
}

/** Run the ceremony. The key is pending until the approver has seen its check value; refused, it is destroyed. */
export async function runCeremony(
  client: HsmClient,
  prompt: Prompt,
  options: CeremonyOptions,
  nowMs: () => number = () => Date.now(),
): Promise<KeyRecord> {
  const transcript: string[] = [];
  const note = (line: string): void => {
    transcript.push(`${new Date(nowMs()).toISOString()} ${line}`);
    prompt.say(line);
  };
  let openId: string | undefined;
  try {
    note(
      `Ceremony for ${options.name}: usage ${options.usage}, ${options.algorithm}, ${options.components} components.`,
    );
    const { ceremonyId } = valueOr(
      await client.ceremonyBegin([
        { name: options.name, usage: options.usage, algorithm: options.algorithm, components: options.components },
      ]),
    );
    openId = ceremonyId;
    note(`Opened as ${ceremonyId}.`);
    for (let number = 1; number <= options.components; number++)
      await enterComponent(client, prompt, note, ceremonyId, number);
    const key = await approve(client, prompt, note, ceremonyId, options);
    note(`${key.name}@${key.version} is ${key.state}, check value ${key.kcv}.`);
    return key;
  } catch (error) {
    // One that was completed is gone already: then this is refused, and no matter.
    if (openId !== undefined) await client.ceremonyAbort([{ ceremonyId: openId }]);
    note(`Ended without a key: ${error instanceof Error ? error.message : 'fault'}`);
    throw error;
  } finally {
    if (options.transcriptPath !== undefined)
      writeFileSync(options.transcriptPath, `${transcript.join('\n')}\n`, { mode: 0o600, flag: 'wx' });
  }
}

async function enterComponent(
  client: HsmClient,
  prompt: Prompt,
  note: (line: string) => void,
  ceremonyId: string,
  number: number,
): Promise<void> {
  const operator = await prompt.ask(`Component ${number}: operator's name: `);
  for (let entry = 1; ; entry++) {
    const component = hexBytes(
      await prompt.askHidden(`${operator}, type component ${number} in hex (it does not show): `),
    );
    if (component === undefined) {
      if (entry >= ENTRIES_MAX) throw new Failure(`Component ${number} was not entered.`, 2);
      prompt.say('That is not hex: again.');
      continue;
    }
    const expectedKcv = await prompt.ask('Check value on the component sheet (empty if none): ');
    const [result] = await client.ceremonyComponent([
      { ceremonyId, operator, component, ...(expectedKcv === '' ? {} : { expectedKcv }) },
    ]);
    component.fill(0);
    if (result?.ok) {
      note(`Component ${number} from ${operator}: check value ${result.kcv}.`);
      return;
    }
    if (result?.error.code !== 'kcv_mismatch' || entry >= ENTRIES_MAX) valueOr(result === undefined ? [] : [result]);
    note(`Component ${number} from ${operator}: the check value differs, entered again.`);
  }
}

async function approve(
  client: HsmClient,
  prompt: Prompt,
  note: (line: string) => void,
  ceremonyId: string,
  options: CeremonyOptions,
): Promise<KeyRecord> {
  const approver = await prompt.ask('Approver (gave no component): ');
  const { key } = valueOr(
    await client.ceremonyComplete([
      {
        ceremonyId,
        approver,
        activation: { state: 'pending' },
        ...(options.kcv === undefined ? {} : { expectedKcv: options.kcv }),
      },
    ]),
  );
  const keyRef = `${key.name}@${key.version}`;
  note(`The components make ${keyRef}: check value ${key.kcv}.`);
  const answer = await prompt.ask(
    `${approver}, is ${key.kcv} the right check value? Type yes to put the key into use: `,
  );
  if (answer.toLowerCase() === 'yes') {
    note(`Approved by ${approver}.`);
    return valueOr(await client.activateKey([{ keyRef }])).key;
  }
  valueOr(await client.destroyKey([{ keyRef }]));
  throw new Failure(`${approver} did not approve: ${keyRef} is destroyed.`, 7);
}
