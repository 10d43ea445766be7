// Loaded into a process before its program (node --import): a CPU profile of its whole life, written when it ends. For `--profile`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { basename, dirname, join } from 'node:path';

const folder = process.env['CARD_EDGE_PROFILE_DIR'];
if (folder !== undefined) {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.start');
  process.on('exit', () => {
    session.post('Profiler.stop', (error, result) => {
      if (error !== null) return;
      mkdirSync(folder, { recursive: true });
      const program = process.argv[1] ?? 'node';
      const name = `${basename(dirname(program))}-${process.pid}.cpuprofile`;
      writeFileSync(join(folder, name), JSON.stringify(result.profile));
    });
  });
}
