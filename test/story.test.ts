import t from 'tap';
import { playStory } from '../cli/up/story.ts';
import { startSystem } from '../cli/up/system.ts';
import { testStateDir } from './support/system.ts';

t.test(
  'the story holds at the first start and again after a second one, which keeps the data',
  { timeout: 180_000 },
  async (t) => {
    const stateDir = testStateDir(t);
    const told: string[] = [];
    const first = await startSystem({ stateDir });
    t.teardown(async () => await first.stop());
    const story = await playStory(first.info, stateDir, (line) => told.push(line));
    t.same(story.failed, [], told.join('\n'));
    t.ok(story.checked >= 25, `${story.checked} sentences were checked`);
    await first.stop();

    const second = await startSystem({ stateDir, temporary: true });
    t.teardown(async () => await second.stop());
    const again = await playStory(second.info, stateDir, () => {});
    t.same(again.failed, [], 'the story works on kept data');
    t.equal(again.checked, story.checked);
  },
);
