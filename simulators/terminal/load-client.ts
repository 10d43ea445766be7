// Starts the load client as a process of its own and follows its phases.
import { type ChildProcess, fork } from 'node:child_process';
import { projectPath } from '../../common/root.ts';
import type { LoadEvent, LoadTask } from './load-main.ts';

/** Runs a task to its end; `onEvent` is called in order. Rejects when the client fails. */
export function runLoad(
  task: LoadTask,
  onStarted: (child: ChildProcess) => void,
  onEvent: (event: LoadEvent) => void,
): Promise<void> {
  const child = fork(projectPath('dist', 'simulators', 'terminal', 'load-main.js'), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: ['--max-semi-space-size=64'],
  });
  onStarted(child);
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    child.on('message', (event: LoadEvent) => {
      if (event.event === 'failed') failure = new Error(`the load client failed: ${event.cause}`);
      else onEvent(event);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (failure !== undefined) reject(failure);
      else if (code === 0) resolve();
      else reject(new Error(`the load client ended with ${code ?? 'a signal'}`));
    });
    child.send(task);
  });
}
