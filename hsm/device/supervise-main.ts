// `card-edge hsm`: one device and its loaded spare, for one token. `node dist/hsm/device/supervise-main.js` with CARD_EDGE_HSM_CONFIG; one JSON line
// on stdout each time a device serves, events on stderr. It holds no key and loads no PKCS#11; if it is killed, its devices end with it.
import { HsmSetupError } from './pkcs11.ts';
import { superviseHsmDevice } from './supervisor.ts';

async function main(): Promise<void> {
  const configPath = process.env['CARD_EDGE_HSM_CONFIG'];
  if (configPath === undefined)
    throw new HsmSetupError('CARD_EDGE_HSM_CONFIG is not set: it names the HSM configuration file.');
  const supervised = superviseHsmDevice({
    configPath,
    onReady: (devicePid) => process.stdout.write(`${JSON.stringify({ ready: true, devicePid })}\n`),
    onEvent: (event) =>
      process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), process: 'hsm', event })}\n`),
  });
  const stop = (): void => {
    void supervised.stop().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  await supervised.started;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  // 2: an operator must act, as for a wrong configuration of any process; starting again would not help.
  process.exit(error instanceof HsmSetupError ? 2 : 1);
});
