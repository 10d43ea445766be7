import t from 'tap';
import type { Link } from '../link/link.ts';
import { generator } from '../testing/random.ts';
import { LinkChoice } from './link-choice.ts';

interface FakeLink {
  state: string;
  inFlight: number;
  accepts: boolean;
  readonly options: { readonly inFlightMax: number };
}

function links(count: number, choice: LinkChoice): FakeLink[] {
  const made = Array.from({ length: count }, () => ({
    state: 'ready',
    inFlight: 0,
    accepts: true,
    options: { inFlightMax: 10 },
  }));
  for (const one of made) choice.changed(one as unknown as Link);
  return made;
}

t.test('few links: the least loaded, equals in turn', (t) => {
  const choice = new LinkChoice(generator(1));
  t.equal(choice.pick(), undefined);
  t.equal(choice.refuses(0, 0), 'LINK_UNAVAILABLE');
  const made = links(3, choice);
  for (let i = 0; i < 9; i += 1) (choice.pick() as unknown as FakeLink).inFlight += 1;
  t.same(
    made.map(({ inFlight }) => inFlight),
    [3, 3, 3],
  );
  t.equal(choice.refuses(20, 9), undefined);
  t.equal(choice.refuses(21, 9), 'OVERLOADED');
  const [first] = made as [FakeLink];
  first.state = 'draining';
  choice.changed(first as unknown as Link);
  t.not(choice.pick(), first);
  t.end();
});

t.test('many links: the load spreads, full ones are passed over, none is lost', (t) => {
  const choice = new LinkChoice(generator(2));
  const made = links(1_000, choice);
  for (let i = 0; i < 5_000; i += 1) (choice.pick() as unknown as FakeLink).inFlight += 1;
  const loads = made.map(({ inFlight }) => inFlight);
  t.ok(Math.max(...loads) <= 9, `between ${Math.min(...loads)} and ${Math.max(...loads)} of 5`);
  t.equal(choice.refuses(0, 5_000), undefined);
  t.equal(choice.refuses(1, 9_999), 'OVERLOADED');
  for (const one of made.slice(1)) one.accepts = false;
  t.equal(choice.pick(), made[0], 'the last one that takes something is found');
  for (const one of made) one.state = 'down';
  for (const one of made) choice.changed(one as unknown as Link);
  t.equal(choice.refuses(0, 0), 'LINK_UNAVAILABLE');
  t.end();
});
